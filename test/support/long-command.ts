import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { root } from "./repository.ts";
import { bin } from "./run-command.ts";
import type { RunOptions } from "./run-command.ts";

/** One line of a long-lived command's `--json`. */
export type CommandEvent = Readonly<Record<string, unknown>>;

/** A command that runs until it is stopped. */
export interface LongCommand {
  readonly pid: number;
  /** All lines so far. */
  readonly events: readonly CommandEvent[];
  /** The first event of this name, once it is told; rejects with what the command said where it ends without. */
  until(name: string): Promise<CommandEvent>;
  kill(signal: NodeJS.Signals): void;
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts the built command with `--json` in a process of its own, with a plain environment. */
export function startCommand(args: readonly string[], options: RunOptions = {}): LongCommand {
  const { env = {}, cwd = root, node = process.execPath, script = bin } = options;
  const child = spawn(node, [script, ...args, "--json"], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? cwd, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: CommandEvent[] = [];
  let err = "";
  let over = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  createInterface({ input: child.stdout }).on("line", (line) => {
    events.push(JSON.parse(line) as CommandEvent);
    wake();
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("close", (code, signal) => {
      over = true;
      resolve(code ?? signal);
      wake();
    });
  });
  return {
    pid: child.pid ?? 0,
    events,
    ended,
    kill: (signal) => void child.kill(signal),
    until: async (name) => {
      for (;;) {
        const found = events.find(({ event }) => event === name);
        if (found !== undefined) return found;
        if (over) throw new Error(`no ${name}: ${JSON.stringify(events.at(-1))} ${err}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

/** Processes that a process has started; told on Linux alone. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== "linux") return [];
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
