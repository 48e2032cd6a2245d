import { CommanderError } from "commander";
import { processIo } from "./command-io.ts";
import type { CommandIo } from "./command-io.ts";
import { tellError } from "./errors.ts";
import { createProgram, refuseUnknownCommand } from "./program.ts";

/**
 * Runs the command line and gives its exit code: 0 fits, 1 fault, 2 usage, 3 does not fit. Never throws.
 *
 * @param argv - Without the program: `["check", "--json"]`.
 */
export async function run(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  let code = 0;
  try {
    const program = createProgram(io, (exit) => {
      code = exit;
    });
    refuseUnknownCommand(program, argv);
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // help and version are thrown by the parser once they are printed
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return tellError(error, argv.includes("--json"), io);
  }
}
