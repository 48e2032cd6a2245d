import type { EngineName, Policy } from "@qwq-fit/schema";
import { type Command, InvalidArgumentError, Option } from "commander";
import { NODE_ENGINES } from "./known-words.ts";
import { addCommonOptions } from "./command-options.ts";
import { oneOf, wholeNumber } from "./parse-values.ts";

/** Options of `replay`. */
export interface ReplayOptions {
  readonly on?: readonly string[];
  readonly synthetic?: string;
  readonly policy: Policy["objective"];
  readonly find?: boolean;
  readonly p95FirstToken?: number;
  readonly p95Answer?: number;
  readonly rejected: number;
  readonly availability: "none" | "1-node-loss";
  readonly html?: string;
  readonly json?: boolean;
  readonly model?: string;
  readonly context?: number;
  readonly concurrency?: number;
  readonly quantization?: string;
  readonly engine?: EngineName;
  readonly seed: number;
  readonly years: number;
  readonly electricity?: number;
  readonly scaleToZero?: number;
  readonly coldStart?: number;
  readonly cloudSpeed?: number;
  readonly cloudFirstToken?: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** "2s", "800ms", "1.5 min" in ms; a number alone is seconds. */
function durationMs(text: string): number {
  const [, number = "", unit = "s"] =
    /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|min|h)?$/iu.exec(text.trim()) ?? [];
  const value = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (number === "" || !(value > 0))
    throw new InvalidArgumentError("It must be a time, such as 2s or 800ms.");
  return value;
}

/** "1%" or "0.01". */
function share(text: string): number {
  const [, number = "", percent] = /^(\d{1,3}(?:\.\d{1,6})?)\s*(%)?$/u.exec(text.trim()) ?? [];
  const value = Number(number) / (percent === undefined ? 1 : 100);
  if (number === "" || value > 1) throw new InvalidArgumentError("It must be a share, such as 1%.");
  return value;
}

const amount =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least || value > 1e9) {
      throw new InvalidArgumentError(`It must be a number of at least ${least}.`);
    }
    return value;
  };

const collect = (text: string, before: string[] = []): string[] => [...before, text];

const POLICIES = ["fastest", "cheapest", "balanced", "prefer-local", "prefer-cloud"] as const;
function choice(flags: string, about: string, words: readonly string[]): Option {
  const option = new Option(flags, about).argParser(oneOf(...words));
  option.argChoices = [...words];
  return option;
}

/** Adds them. */
export function addReplayOptions(command: Command): Command {
  const options = command
    .argument(
      "[requests]",
      "file of requests: JSON lines, a table or an export; - for standard input",
    )
    .option(
      "--on <what>",
      "machine, sagemaker:INSTANCE, cloud:PROVIDER, or a mix A + B; may come again",
      collect,
    )
    .option("--synthetic <workload>", 'a stated workload instead of a file: "100 users, chat"')
    .addOption(
      choice("--policy <objective>", "how the router chooses", POLICIES).default("balanced"),
    )
    .option("--find", "the cheapest mix that keeps the service level")
    .option("--p95-first-token <time>", "19 of 20 wait no longer for the first token", durationMs)
    .option("--p95-answer <time>", "nor for the whole answer", durationMs)
    .option("--rejected <share>", "share that may be turned away", share, 0.001)
    .addOption(
      choice("--availability <what>", "what must not matter", ["none", "1-node-loss"]).default(
        "none",
      ),
    )
    .option("--html <file>", "write a page to send around")
    .option("-m, --model <name or file>", "model (default: QwQ-32B)")
    .option(
      "-c, --context <tokens>",
      "context of one sequence (default: as the requests need)",
      wholeNumber(1),
    )
    .option("--concurrency <n>", "sequences side by side on each machine", wholeNumber(1, 256))
    .option("-q, --quantization <name>", "only this one")
    .addOption(choice("--engine <name>", "only this engine", NODE_ENGINES))
    .option("--scale-to-zero <minutes>", "machines are off when idle for so long", amount(0))
    .option("--cold-start <seconds>", "time of a start", amount(0))
    .option("--cloud-speed <tokens/s>", "how fast a cloud writes", amount(0.1))
    .option("--cloud-first-token <time>", "how soon a cloud begins", durationMs)
    .option("--years <n>", "years over which a machine is paid", amount(0.1), 3)
    .option("--electricity <usd>", "price of a kWh", amount(0))
    .option("--seed <n>", "the same seed, the same answer", wholeNumber(0, 0xffffffff), 1);
  return addCommonOptions(options);
}
