import type { Command } from "commander";
import type { CheckOptions } from "./command-options.ts";
import { addCommonOptions } from "./command-options.ts";
import { wholeNumber } from "./parse-values.ts";

/** Options of `rehearse`. */
export interface RehearseCommandOptions extends CheckOptions {
  readonly tune?: boolean;
  readonly share?: boolean;
  readonly yes?: boolean;
}

/** Adds them. */
export function addRehearseOptions(command: Command): Command {
  return addCommonOptions(command)
    .option("--model <name>", "model of the catalogue (default: QwQ-32B)")
    .option("--quantization <name>", "such as Q4_K_M (default: the plan's)")
    .option("--context <tokens>", "context of one sequence", wholeNumber(256))
    .option("--concurrency <n>", "sequences side by side", wholeNumber(1))
    .option("--tune", "search the settings that matter, by measuring (minutes)")
    .option("--share", "print a row for profiles/measurements")
    .option("--yes", "accept every question")
    .addHelpText(
      "after",
      `
Examples:
  qwq-fit rehearse                       QwQ-32B, before downloading it
  qwq-fit rehearse --model qwen3-8b --tune
  qwq-fit rehearse --json                for programs`,
    );
}
