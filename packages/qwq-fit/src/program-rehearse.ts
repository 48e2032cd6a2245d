import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addRehearseOptions } from "./options/rehearse-options.ts";
import type { RehearseCommandOptions } from "./options/rehearse-options.ts";

/** The command that measures a model before it is downloaded. */
export function addRehearseCommand(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  addRehearseOptions(
    program.command("rehearse").description("a model's true speed here, before downloading it"),
  ).action(async (options: RehearseCommandOptions) => {
    const { rehearseCommand } = await import("./commands/rehearse.ts");
    exit(await rehearseCommand(options, io));
  });
}
