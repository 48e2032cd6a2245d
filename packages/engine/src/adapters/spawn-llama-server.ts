import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { StartCommand } from "@qwq-fit/schema";
import type { Engine, EngineInfo, EnginePhase, EngineState } from "../engine.ts";
import { FailureMemory } from "../child/failure-memory.ts";
import type { Failure } from "../child/failure-memory.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";
import { GuardedProgram, defaultGuardEntry } from "./guarded-program.ts";
import type { Endpoint } from "./http-client.ts";
import { connectLlamaServer } from "./llama-server-engine.ts";
import { freePort, untilLoaded } from "./llama-server-start.ts";

/** How a llama-server is started; a plan's `startCommand` and settings. */
export interface LlamaServerPlan {
  readonly command: StartCommand;
  readonly settings: EngineSettings;
}

export interface SpawnOptions {
  readonly plan: LlamaServerPlan;
  /** A smaller plan for one that failed; null where there is none. Default: none. */
  readonly replan?: (failed: LlamaServerPlan, reason: string) => Promise<LlamaServerPlan | null>;
  /** Where plans that failed are remembered, and for which model. Default: nowhere. */
  readonly remember?: Omit<Failure, "settings" | "reason" | "at"> & { readonly path: string };
  readonly queueLimit?: number;
  /** Longest that the model may load. Default 30 minutes. */
  readonly loadMs?: number;
  readonly guardEntry?: URL;
  readonly signal?: AbortSignal;
}

/** How long a program that breaks its connections is waited for to be dead, ms. */
const DYING_MS = 500;
/** Deaths in a row, without an answer in between, after which it stays down. */
const MOST_DEATHS = 5;
/** Deaths in a row after which its plan is to blame. */
const BLAMED_DEATHS = 2;

/**
 * Starts a llama-server on a free port of loopback, under a key of its own, waits until its model is loaded, and brings it
 * back when it dies. @throws QwqError `engine_missing`, `engine_failed`, `aborted`.
 */
export async function spawnLlamaServer(options: SpawnOptions): Promise<Engine> {
  const engine = new SpawnedEngine(options);
  await engine.start();
  return engine;
}

class SpawnedEngine implements Engine {
  readonly #options: SpawnOptions;
  readonly #memory: FailureMemory;
  #plan: LlamaServerPlan;
  #program: GuardedProgram | null = null;
  #inner: Engine | null = null;
  #phase: EnginePhase = "loading";
  #coming: Promise<void> = Promise.resolve();
  #generation = 0;
  #crashes = 0;
  #deaths = 0;
  #lastFailure: string | null = null;

  constructor(options: SpawnOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#memory = new FailureMemory(options.remember?.path ?? null);
  }

  get info(): EngineInfo {
    return this.#present().info;
  }

  /** Loads the model; what failed here before is not tried again, and what fails gives way to a smaller plan. */
  async start(): Promise<void> {
    for (;;) {
      // One after the other: each plan is what the one before left.
      // oxlint-disable no-await-in-loop
      const known = await this.#failedBefore();
      if (known !== null && (await this.#stepDown(known))) continue;
      try {
        await this.#launch();
        return;
      } catch (error) {
        if (!QwqError.is(error, "engine_failed")) throw error;
        await this.#rememberFailure(error.message);
        if (!(await this.#stepDown(error.message))) throw error;
      }
      // oxlint-enable no-await-in-loop
    }
  }

  /** Takes a smaller plan; false where there is none. */
  async #stepDown(reason: string): Promise<boolean> {
    const smaller = (await this.#options.replan?.(this.#plan, reason)) ?? null;
    if (smaller !== null) this.#plan = smaller;
    return smaller !== null;
  }

  /** Why this plan failed on this machine before; null where it did not. */
  async #failedBefore(): Promise<string | null> {
    const { remember } = this.#options;
    if (remember === undefined) return null;
    const { path: _, ...subject } = remember;
    const { settings } = this.#plan;
    return (await this.#memory.has({ ...subject, settings }, new Date()))?.reason ?? null;
  }

  async #rememberFailure(reason: string): Promise<void> {
    const { remember } = this.#options;
    if (remember === undefined) return;
    const { path: _, ...subject } = remember;
    const { settings } = this.#plan;
    await this.#memory.add({ ...subject, settings, reason, at: new Date().toISOString() });
  }

  async *generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    await this.#coming;
    const inner = this.#present();
    const program = this.#program;
    try {
      for await (const event of inner.generate(request, signal)) {
        if (event.type === "end") this.#deaths = 0;
        yield event;
      }
    } catch (error) {
      const broke = QwqError.is(error, "network") || QwqError.is(error, "stream_interrupted");
      if (!broke) throw error;
      // A connection that breaks is most often the first sign of a death.
      await Promise.race([program?.ended, setTimeout(DYING_MS)]);
      throw new QwqError("engine_crashed", "llama-server died while it worked on this.", {
        cause: error,
        hint: "It is coming back; send the request again.",
      });
    }
  }

  applyTemplate(...args: Parameters<Engine["applyTemplate"]>): ReturnType<Engine["applyTemplate"]> {
    return this.#present().applyTemplate(...args);
  }

  tokenize(text: string, special?: boolean): Promise<readonly number[]> {
    return this.#present().tokenize(text, special);
  }

  detokenize(tokens: readonly number[]): Promise<string> {
    return this.#present().detokenize(tokens);
  }

  embed(...args: Parameters<Engine["embed"]>): ReturnType<Engine["embed"]> {
    return this.#present().embed(...args);
  }

  state(): EngineState {
    const state = this.#present().state();
    return {
      ...state,
      phase: this.#phase === "ready" ? state.phase : this.#phase,
      generation: this.#generation,
      crashes: this.#crashes,
      loaded: this.#phase === "loading" ? 0 : 1,
      lastFailure: this.#lastFailure,
    };
  }

  async close(): Promise<void> {
    this.#phase = "closed";
    await this.#inner?.close();
    await this.#program?.close();
  }

  #present(): Engine {
    if (this.#inner !== null) return this.#inner;
    throw new QwqError("engine_failed", this.#lastFailure ?? "llama-server is not loaded yet.");
  }

  async #launch(): Promise<void> {
    const port = await freePort();
    const key = randomBytes(24).toString("base64url");
    const { command, settings } = this.#plan;
    const program = new GuardedProgram(
      {
        program: command.program,
        // What comes last counts: whatever the plan said, it listens where only we look.
        arguments: [...command.arguments, "--host", "127.0.0.1", "--port", String(port)],
        // Not an argument: those can be read by everybody.
        environment: { ...command.environment, LLAMA_API_KEY: key },
      },
      this.#options.guardEntry ?? defaultGuardEntry(),
    );
    this.#program = program;
    const endpoint: Endpoint = {
      origin: `http://127.0.0.1:${port}`,
      apiKey: key,
      fetch: (url, init) => fetch(url, init),
    };
    await untilLoaded(program, endpoint, {
      deadline: performance.now() + (this.#options.loadMs ?? 30 * 60 * 1000),
      isStopped: () => this.#options.signal?.aborted === true || this.#phase === "closed",
    });
    const { queueLimit } = this.#options;
    this.#inner = await connectLlamaServer({
      endpoint,
      settings,
      ...(queueLimit === undefined ? {} : { queueLimit }),
    });
    this.#phase = "ready";
    this.#generation++;
    void program.ended.then((reason) => this.#died(reason));
  }

  #died(reason: string): void {
    if (this.#phase === "closed") return;
    this.#crashes++;
    this.#deaths++;
    this.#lastFailure = reason;
    this.#phase = "loading";
    if (this.#deaths > MOST_DEATHS) {
      this.#phase = "failed";
      this.#inner = null;
      return;
    }
    this.#coming = this.#comeBack(reason).catch((error: unknown) => {
      this.#phase = "failed";
      this.#inner = null;
      this.#lastFailure = error instanceof Error ? error.message : String(error);
    });
  }

  async #comeBack(reason: string): Promise<void> {
    if (this.#deaths >= BLAMED_DEATHS) {
      await this.#rememberFailure(reason);
      await this.#stepDown(reason);
    }
    await this.start();
  }
}
