import { spawn, spawnSync } from "node:child_process";
import { bin } from "./run-command.ts";
import type { RunOptions } from "./run-command.ts";

/** Runs a program at a terminal of its own: Python's `pty`, as Node has none. */
const PTY = "import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/** Why there is no terminal here; null where there is one. */
export function noTerminal(): string | null {
  if (process.platform === "win32") return "Windows has no pty";
  const probe = "import pty,os; os.waitstatus_to_exitcode";
  const ran = spawnSync("python3", ["-c", probe], { stdio: "ignore" });
  return ran.status === 0 ? null : "no python3 with pty is here to make a terminal";
}

/** The built command at a terminal. */
export interface AtTerminal {
  /** Everything that was shown so far. */
  readonly shown: string;
  /** Types, as a person would. */
  type(text: string): void;
  /** Resolves once this was shown, behind what was waited for before; rejects with all that was shown where it ends without. */
  until(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
  kill(): void;
}

/** Starts the built command at a terminal, with a plain environment. */
export function startAtTerminal(args: readonly string[], options: RunOptions = {}): AtTerminal {
  const { env = {}, cwd = process.cwd() } = options;
  const child = spawn("python3", ["-c", PTY, process.execPath, bin, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  let from = 0;
  let over = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  child.stdin.on("error", () => {});
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    wake();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      over = true;
      resolve(code);
      wake();
    });
  });
  return {
    get shown() {
      return shown;
    },
    ended,
    type: (text) => void child.stdin.write(text),
    kill: () => void child.kill("SIGKILL"),
    until: async (text) => {
      for (;;) {
        const at = shown.indexOf(text, from);
        if (at !== -1) {
          from = at + text.length;
          return;
        }
        if (over) throw new Error(`never shown: ${JSON.stringify(text)} in ${shown}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
