import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { StartCommand } from "@qwq-fit/schema";
import type { FromGuard, ToGuard } from "./guard-main.ts";

/** The guard's program: beside this file, in the form that this file has (source or bundle). */
export function defaultGuardEntry(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "mjs";
  return new URL(`./guard-child.${extension}`, import.meta.url);
}

/** How long the error output of a dead program is waited for. */
const LAST_WORDS_MS = 300;

/** A program that runs while we do, and no longer. */
export class GuardedProgram {
  readonly #guard: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #onParentExit = (): void => {
    this.#guard.kill("SIGTERM");
  };
  #pid: number | null = null;
  #over = false;

  constructor(command: StartCommand, entry: URL) {
    this.#guard = fork(fileURLToPath(entry), [], {
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      detached: process.platform !== "win32",
    });
    let tail = "";
    this.#guard.stderr?.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-4000);
    });
    this.#guard.on("message", (raw) => {
      // Only our own guard holds this channel.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      this.#pid = (raw as FromGuard).pid;
    });
    process.once("exit", this.#onParentExit);
    const { stderr } = this.#guard;
    const said = new Promise<void>((resolve) => {
      if (stderr === null) resolve();
      else stderr.once("close", resolve);
    });
    // Not its "close", which does not come where the channel was closed on this side.
    this.#ended = new Promise((resolve) => {
      this.#guard.once("exit", (code) => {
        this.#over = true;
        process.off("exit", this.#onParentExit);
        void Promise.race([said, setTimeout(LAST_WORDS_MS)]).then(() => {
          const last = tail.trim().split("\n").at(-1) ?? "";
          resolve(last === "" ? `exit code ${code ?? "?"}` : last);
        });
      });
    });
    this.#guard.send({ type: "start", command } satisfies ToGuard, () => {});
  }

  /** The program's process id, once it is started. */
  get pid(): number | null {
    return this.#pid;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Resolves with the reason when the program has ended. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  async close(): Promise<void> {
    if (this.#guard.connected) this.#guard.disconnect();
    else this.#guard.kill("SIGKILL");
    await this.#ended;
  }
}
