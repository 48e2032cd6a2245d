import { spawn } from "node:child_process";
import { QwqError } from "@qwq-fit/schema";

/** Runs a program that a person sees and may answer. @throws {QwqError} `engine_missing`, `upstream_error`. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
  },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.environment,
      // standard output is the answer's: what the program tells goes to standard error
      stdio: ["inherit", 2, "inherit"],
      shell: process.platform === "win32",
    });
    child.on("error", (error) => {
      reject(new QwqError("engine_missing", `${program} could not be run`, { cause: error }));
    });
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new QwqError("upstream_error", `${program} ended with ${code ?? "a signal"}`));
    });
  });
}
