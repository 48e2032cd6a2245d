import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { StartCommand } from "@qwq-fit/schema";
import type { Engine, EngineInfo, EnginePhase, EngineState } from "../engine.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";
import { GuardedProgram, defaultGuardEntry } from "./guarded-program.ts";
import { request as send } from "./http-client.ts";
import type { Endpoint } from "./http-client.ts";
import { connectLlamaServer } from "./llama-server-engine.ts";

/** How a llama-server is started; a plan's `startCommand` and settings. */
export interface LlamaServerPlan {
  readonly command: StartCommand;
  readonly settings: EngineSettings;
}

export interface SpawnOptions {
  readonly plan: LlamaServerPlan;
  /** A smaller plan for one that failed; null where there is none. Default: none. */
  readonly replan?: (failed: LlamaServerPlan, reason: string) => Promise<LlamaServerPlan | null>;
  readonly queueLimit?: number;
  /** Longest that the model may load. Default 30 minutes. */
  readonly loadMs?: number;
  readonly guardEntry?: URL;
  readonly signal?: AbortSignal;
}

const POLL_MS = 100;
/** Deaths in a row, without an answer in between, after which it stays down. */
const MOST_DEATHS = 5;

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
  }

  get info(): EngineInfo {
    return this.#present().info;
  }

  /** Loads the model; tries smaller plans where one fails. */
  async start(): Promise<void> {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        await this.#launch();
        return;
      } catch (error) {
        if (!QwqError.is(error, "engine_failed")) throw error;
        // oxlint-disable-next-line no-await-in-loop
        const smaller = (await this.#options.replan?.(this.#plan, error.message)) ?? null;
        if (smaller === null) throw error;
        this.#plan = smaller;
      }
    }
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
      await Promise.race([program?.ended, setTimeout(POLL_MS * 5)]);
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
    await this.#loaded(program, endpoint);
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

  /** Waits until `/health` says that the model is loaded (503 while it loads). */
  async #loaded(program: GuardedProgram, endpoint: Endpoint): Promise<void> {
    const deadline = performance.now() + (this.#options.loadMs ?? 30 * 60 * 1000);
    let ended: string | null = null;
    void program.ended.then((reason) => {
      ended = reason;
    });
    for (;;) {
      // oxlint-disable no-await-in-loop
      try {
        await (
          await send(endpoint, "/health", undefined, AbortSignal.timeout(5000))
        ).body?.cancel();
        return;
      } catch {
        // It is not up, or loading.
      }
      if (ended !== null)
        throw new QwqError("engine_failed", `llama-server ended: ${String(ended)}`);
      const stopped = this.#options.signal?.aborted === true || this.#phase === "closed";
      if (stopped || performance.now() > deadline) {
        await program.close();
        throw stopped
          ? new QwqError("aborted", "The start was aborted.")
          : new QwqError("engine_failed", "llama-server did not load the model in time.");
      }
      await setTimeout(POLL_MS);
      // oxlint-enable no-await-in-loop
    }
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
    this.#coming = this.start().catch((error: unknown) => {
      this.#phase = "failed";
      this.#inner = null;
      this.#lastFailure = error instanceof Error ? error.message : String(error);
    });
  }
}

/** A port of loopback that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (typeof address !== "object" || address === null) {
    throw new QwqError("internal", "There is no free port.");
  }
  return address.port;
}
