import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addServeOptions } from "./options/local-options.ts";
import type { ServeOptions } from "./options/local-options.ts";

/** Commands that run models on this machine. */
export function addLocalCommands(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  addServeOptions(
    program
      .command("serve")
      .description("run a model behind an OpenAI-compatible API")
      .argument("[model]", "name, hf:org/repo:quant or file (default: QwQ-32B)"),
  ).action(async (model: string | undefined, options: ServeOptions) => {
    const { serve } = await import("./commands/serve.ts");
    exit(await serve(model, options, io));
  });
}
