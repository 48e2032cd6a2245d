import { stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { EngineSettings } from "../engine-settings.ts";
import { EngineProcess } from "./engine-process.ts";
import type { ProcessExit, WatchdogOptions } from "./engine-process.ts";
import { exitReason, oomKills } from "./exit-reason.ts";
import { FailureMemory } from "./failure-memory.ts";
import type { FromChild, LoadOptions, ReadyInfo } from "./protocol.ts";

/** Answers with settings that ask for less, or null where nothing smaller is left. */
export type Replan = (
  failed: EngineSettings,
  reason: string,
) => EngineSettings | null | Promise<EngineSettings | null>;

export interface SupervisorOptions {
  readonly entry: URL;
  readonly watchdog: WatchdogOptions;
  readonly replan: Replan;
  /** Where failures are remembered; null for nowhere. */
  readonly failuresPath: string | null;
  readonly engineVersion: string;
  readonly load: (settings: EngineSettings) => LoadOptions;
}

export interface SupervisorListener {
  /** The model is loaded, with these settings. */
  ready(info: ReadyInfo, settings: EngineSettings): void;
  message(message: FromChild): void;
  /** The child is gone; what it was doing is lost. It comes back by itself. */
  crashed(reason: string): void;
  /** It will not come back. */
  failed(error: QwqError): void;
}

/** A second death within this time, that the plan may be to blame for, makes the next plan smaller. */
const PATIENCE_MS = 10 * 60 * 1000;
/** Pauses before coming back, longer with each death in a row. */
const BACKOFF_MS = [0, 100, 500, 2000, 10_000];
/** Deaths in a row without a request served in between, after which it stays down. */
const MOST_DEATHS = 10;

/** Keeps one child with a model alive: brings it back when it dies, and steps down where its plan is to blame. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #listener: SupervisorListener;
  readonly #memory: FailureMemory;
  readonly #modelBytes: Promise<number>;
  #settings: EngineSettings;
  #process: EngineProcess | null = null;
  #loading = true;
  #closed = false;
  #oomBefore: number | null = null;
  #lastBlamed = Number.NEGATIVE_INFINITY;
  #deaths = 0;
  #loadError: QwqError | null = null;

  constructor(settings: EngineSettings, options: SupervisorOptions, listener: SupervisorListener) {
    this.#settings = settings;
    this.#options = options;
    this.#listener = listener;
    this.#memory = new FailureMemory(options.failuresPath);
    const { modelPath } = options.load(settings);
    this.#modelBytes = stat(modelPath).then(
      ({ size }) => size,
      () => 0,
    );
  }

  get process(): EngineProcess | null {
    return this.#loading ? null : this.#process;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Loads the model for the first time. What failed here before is not tried again. */
  async start(): Promise<void> {
    for (;;) {
      // Each step down asks again.
      // oxlint-disable no-await-in-loop
      const known = await this.#memory.has(await this.#subject(), new Date());
      if (known === null) break;
      const smaller = await this.#options.replan(this.#settings, known.reason);
      if (smaller === null) break;
      this.#settings = smaller;
      // oxlint-enable no-await-in-loop
    }
    await this.#spawn();
  }

  /** A request was served: what went before is forgiven. */
  served(): void {
    this.#deaths = 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#process?.close();
  }

  async #spawn(): Promise<void> {
    this.#oomBefore = await oomKills();
    if (this.#closed) return;
    this.#loading = true;
    this.#loadError = null;
    const { entry, watchdog, load } = this.#options;
    this.#process = new EngineProcess(entry, load(this.#settings), watchdog, {
      message: (message) => {
        if (message.type === "ready") {
          this.#loading = false;
          this.#listener.ready(message.info, this.#settings);
        } else if (message.type === "failed") {
          const { code, hint, details } = message.error;
          this.#loadError = new QwqError(code, message.error.message, {
            ...(hint === undefined ? {} : { hint }),
            ...(details === undefined ? {} : { details }),
          });
        } else this.#listener.message(message);
      },
      exit: (exit) => {
        void this.#died(exit);
      },
    });
  }

  async #died(exit: ProcessExit): Promise<void> {
    const wasLoading = this.#loading;
    this.#process = null;
    this.#loading = true;
    if (this.#closed) return;
    const judged = exitReason(exit, wasLoading, this.#oomBefore, await oomKills());
    const reason = this.#loadError?.message ?? judged.text;
    if (!wasLoading) this.#listener.crashed(reason);
    this.#deaths++;
    if (this.#loadError !== null && this.#loadError.code !== "engine_failed") {
      // No plan can mend it: a missing engine, a file that is none.
      this.#fail(reason);
      return;
    }
    if (judged.blamesPlan && (wasLoading || this.#blamedBefore())) {
      await this.#memory.add({
        ...(await this.#subject()),
        reason,
        at: new Date().toISOString(),
      });
      const smaller = await this.#options.replan(this.#settings, reason);
      if (smaller === null) {
        this.#fail(reason);
        return;
      }
      this.#settings = smaller;
    }
    if (this.#deaths > MOST_DEATHS) {
      this.#fail(reason);
      return;
    }
    await setTimeout(BACKOFF_MS[Math.min(this.#deaths, BACKOFF_MS.length) - 1] ?? 0);
    await this.#spawn();
  }

  #fail(reason: string): void {
    this.#closed = true;
    this.#listener.failed(
      this.#loadError ??
        new QwqError("engine_failed", `The engine cannot run this model here: ${reason}.`, {
          hint: "Choose a smaller model, quantization or context; qwq-fit check tells what fits.",
        }),
    );
  }

  #blamedBefore(): boolean {
    const now = performance.now();
    const before = now - this.#lastBlamed < PATIENCE_MS;
    this.#lastBlamed = now;
    return before;
  }

  async #subject(): Promise<{
    model: string;
    modelBytes: number;
    engineVersion: string;
    settings: EngineSettings;
  }> {
    const { modelPath } = this.#options.load(this.#settings);
    return {
      model: modelPath,
      modelBytes: await this.#modelBytes,
      engineVersion: this.#options.engineVersion,
      settings: this.#settings,
    };
  }
}
