import { processIo } from "./command-io.ts";
import type { CommandIo } from "./command-io.ts";
import { tellError } from "./errors.ts";
import { createProgram } from "./program.ts";

/** Help and version are thrown by the parser once they are printed. */
function isShown(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "commander.helpDisplayed" || error.code === "commander.version")
  );
}

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
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (isShown(error)) return 0;
    return tellError(error, argv.includes("--json"), io);
  }
}
