import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { StartCommand } from "@qwq-fit/schema";

export type ToGuard = { readonly type: "start"; readonly command: StartCommand };
export type FromGuard = { readonly type: "started"; readonly pid: number };

const TAIL_CHARACTERS = 4000;
const END_MS = 2000;

/**
 * Runs a program that knows nothing of us, and ends it when our own process is gone in whatever way: the guard holds the
 * channel to its parent, and its end is told. The guard ends as the program does.
 */
export function runGuard(self: NodeJS.Process): void {
  let child: ChildProcess | null = null;
  const end = (): void => {
    // Its end is waited for, so that no dead process is left for somebody else to collect; but not for ever.
    setTimeout(() => self.kill(self.pid, "SIGKILL"), END_MS);
    if (child === null) self.exit(1);
    else child.once("exit", () => self.exit(1)).kill("SIGKILL");
  };
  self.on("disconnect", end);
  self.on("SIGTERM", end);
  self.once("message", (raw) => {
    // Only our own parent holds this channel.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { command } = raw as ToGuard;
    const { program, environment } = command;
    child = spawn(program, [...command.arguments], {
      env: { ...self.env, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let tail = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-TAIL_CHARACTERS);
    });
    child.once("error", (error) => {
      self.stderr.write(String(error));
      self.exit(127);
    });
    child.once("spawn", () => {
      const { pid } = child ?? {};
      if (pid !== undefined) self.send?.({ type: "started", pid } satisfies FromGuard);
    });
    child.once("close", (code, signal) => {
      self.stderr.write(tail, () => self.exit(signal === null ? (code ?? 1) : 128));
    });
  });
}
