import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const children: ChildProcess[] = [];

/** Starts a part in its own process; answers the port that it prints. */
export function startPart(part: string, ...args: string[]): Promise<number> {
  return startProgram([join(import.meta.dirname, part), ...args], (line) => Number(line));
}

/** Starts a Node program; answers what `read` makes of a line that it prints, once that is no NaN. */
export function startProgram(
  args: readonly string[],
  read: (line: string) => number,
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (data: Buffer) => {
      for (const line of data.toString().split("\n")) {
        const port = line.trim() === "" ? Number.NaN : read(line);
        if (!Number.isNaN(port)) resolve(port);
      }
    });
    child.on("exit", () => reject(new Error(`${args[0]} ended`)));
  });
}

/** Ends all parts. */
export function stopParts(): void {
  for (const child of children) child.kill();
}
