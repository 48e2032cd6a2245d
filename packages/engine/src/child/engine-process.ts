import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ChildState, FromChild, LoadOptions, ToChild } from "./protocol.ts";

export interface WatchdogOptions {
  /** The child beats every second; after this long without a sign it is killed. */
  readonly silenceMs: number;
  /** A batch that is computed longer than this is taken for hung. */
  readonly batchMs: number;
}

/** Why a child ended. `signal` SIGKILL is also the kernel's when memory runs out. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The watchdog's reason, where it was the one. */
  readonly watchdog: string | null;
  /** Last lines of its error output. */
  readonly tail: string;
}

export interface ProcessListener {
  message(message: FromChild): void;
  exit(exit: ProcessExit): void;
}

const TAIL_CHARACTERS = 4000;

/** The child's program: beside this file, in the form that this file has (source or bundle). */
export function defaultChildEntry(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "mjs";
  return new URL(`./engine-child.${extension}`, import.meta.url);
}

/** One child process with a model: speaks the protocol, is watched, and never outlives this process. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #onParentExit = (): void => {
    this.#child.kill("SIGKILL");
  };
  readonly #watch: NodeJS.Timeout;
  #tail = "";
  #heard = performance.now();
  #watchdog: string | null = null;
  #ended = false;

  constructor(
    entry: URL,
    options: LoadOptions,
    watchdog: WatchdogOptions,
    listener: ProcessListener,
  ) {
    this.#child = fork(fileURLToPath(entry), [], {
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Its own group: an interrupt at the terminal is the server's to handle.
      detached: process.platform !== "win32",
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS);
      });
    }
    this.#child.on("message", (raw) => {
      this.#heard = performance.now();
      // Only our own child holds this channel.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const message = raw as FromChild;
      if (message.type === "beat" && (message.batchMs ?? 0) > watchdog.batchMs) {
        this.#kill(`a batch took more than ${watchdog.batchMs} ms`);
      }
      listener.message(message);
    });
    this.#child.on("error", (error) => {
      this.#tail += String(error);
      if (this.#child.pid === undefined) this.#end(listener, null, null);
    });
    this.#child.on("exit", (code, signal) => this.#end(listener, code, signal));
    process.once("exit", this.#onParentExit);
    this.#watch = setInterval(
      () => {
        if (performance.now() - this.#heard > watchdog.silenceMs) {
          this.#kill(`no sign of life for ${watchdog.silenceMs} ms`);
        }
      },
      Math.min(1000, watchdog.silenceMs / 2),
    );
    this.#watch.unref();
    this.send({ type: "load", options });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  send(message: ToChild): void {
    if (!this.#child.connected) return;
    // An error here means that it has just died; its exit tells.
    this.#child.send(message, () => {});
  }

  /** Ends the child and waits until it is gone. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise<void>((resolve) => {
      this.#child.once("exit", () => resolve());
    });
    this.#child.kill("SIGKILL");
    await gone;
  }

  #kill(reason: string): void {
    this.#watchdog ??= reason;
    this.#child.kill("SIGKILL");
  }

  #end(listener: ProcessListener, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#watch);
    process.off("exit", this.#onParentExit);
    listener.exit({ code, signal, watchdog: this.#watchdog, tail: this.#tail });
  }
}

export const IDLE_STATE: ChildState = {
  running: 0,
  queued: 0,
  queuedPromptTokens: 0,
  reservedTokens: 0,
  prefillTokensPerSecond: null,
  decodeTokensPerSecond: null,
};
