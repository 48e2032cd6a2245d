import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./repository.ts";

/** The built command. */
export const bin: string = join(root, "packages", "qwq-fit", "bin", "qwq-fit.mjs");

/** False in a tree that was not built; `npm test` builds it. */
export const isBuilt: boolean = existsSync(join(root, "packages", "qwq-fit", "dist", "main.mjs"));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly node?: string;
  readonly script?: string;
  /** What it reads on standard input; nothing where not said. */
  readonly input?: string;
}

/** Runs the built command in a process of its own, with a plain environment. */
export function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, cwd = root, node = process.execPath, script = bin, input } = options;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(node, [script, ...args], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? cwd, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {}).end(input ?? "");
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err, ms: performance.now() - started }));
  });
}
