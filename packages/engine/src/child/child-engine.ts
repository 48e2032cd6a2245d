import { QwqError } from "@qwq-fit/schema";
import type {
  EmbedResult,
  Engine,
  EngineInfo,
  EnginePhase,
  EngineState,
  RenderedPrompt,
} from "../engine.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";
import { ChatTemplate } from "../template/chat-template.ts";
import { readModelText } from "../template/model-template.ts";
import type { ModelText } from "../template/model-template.ts";
import { type ChildEngineOptions, DEFAULT_ALONE_CHUNK_MS } from "./child-engine-options.ts";
import { childInfo } from "./child-info.ts";
import { childRequest } from "./child-request.ts";
import { IDLE_STATE, defaultChildEntry } from "./engine-process.ts";
import type { WatchdogOptions } from "./engine-process.ts";
import type { ChildState, FromChild, ReadyInfo } from "./protocol.ts";
import { Readiness, aborted } from "./readiness.ts";
import { Requests } from "./requests.ts";
import { stepDown } from "./step-down.ts";
import { Supervisor } from "./supervisor.ts";
import { yarnOverrides } from "./yarn.ts";

/** An engine in a child process. */
export interface ChildEngine extends Engine {
  /** Resolves when the model is loaded; rejects with `engine_failed` when it cannot be, or `aborted` on close. */
  whenReady(): Promise<void>;
  /** The child's process id now; null between two. For tests and `doctor`. */
  readonly pid: number | null;
}

const DEFAULT_WATCHDOG: WatchdogOptions = { silenceMs: 30_000, batchMs: 300_000 };

/**
 * Runs a model with node-llama-cpp in a child process. Answers at once; the model loads meanwhile (`state().phase`), and
 * requests wait for it. @throws QwqError `file_not_found`, `invalid_gguf`, `unsupported_model`.
 */
export async function createChildEngine(options: ChildEngineOptions): Promise<ChildEngine> {
  const text = await readModelText(options.modelPath);
  return new ChildProcessEngine(options, text);
}

class ChildProcessEngine implements ChildEngine {
  readonly #text: ModelText;
  readonly #requests: Requests;
  readonly #readiness = new Readiness();
  readonly #supervisor: Supervisor;
  readonly #queueLimit: number;
  #template: ChatTemplate | null = null;
  #settings: EngineSettings;
  #ready: ReadyInfo | null = null;
  #phase: EnginePhase = "loading";
  #lastFailure: string | null = null;
  #state: ChildState = IDLE_STATE;
  #loaded = 0;
  #generation = 0;
  #crashes = 0;
  readonly #options: ChildEngineOptions;

  constructor(options: ChildEngineOptions, text: ModelText) {
    this.#options = options;
    this.#text = text;
    this.#settings = options.settings;
    this.#queueLimit = options.queueLimit ?? options.settings.sequences * 4;
    this.#requests = new Requests((message) => this.#supervisor.process?.send(message));
    this.#supervisor = new Supervisor(
      options.settings,
      {
        entry: options.childEntry ?? defaultChildEntry(),
        watchdog: { ...DEFAULT_WATCHDOG, ...options.watchdog },
        replan: options.replan ?? stepDown,
        failuresPath: options.failuresPath ?? null,
        engineVersion: options.engineVersion,
        load: (settings) => ({
          bindingFolder: options.bindingFolder,
          modelPath: options.modelPath,
          settings,
          overrides: yarnOverrides(text.architecture, settings.yarn),
          queueLimit: this.#queueLimit,
          chunkMs: options.chunkMs ?? 100,
          aloneChunkMs: options.aloneChunkMs ?? DEFAULT_ALONE_CHUNK_MS,
        }),
      },
      {
        ready: (info, settings) => this.#onReady(info, settings),
        message: (message) => this.#onMessage(message),
        crashed: (reason) => this.#onCrash(reason),
        failed: (error) => this.#onFailed(error),
      },
    );
    void this.#supervisor.start();
  }

  get info(): EngineInfo {
    return childInfo(this.#options, this.#text, this.#settings, this.#ready, this.#template);
  }

  get pid(): number | null {
    return this.#supervisor.pid;
  }

  async *generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    await this.#readiness.until(signal);
    const { queue, send, finish } = this.#requests.open();
    const abort = (): void => {
      queue.fail(aborted());
      finish();
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      send(childRequest(request, this.#template));
      for (;;) {
        // Events come one after the other.
        // oxlint-disable-next-line no-await-in-loop
        const event = await queue.next();
        if (event.type === "end") this.#supervisor.served();
        yield event;
        if (event.type === "end") return;
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      finish();
    }
  }

  async applyTemplate(...args: Parameters<Engine["applyTemplate"]>): Promise<RenderedPrompt> {
    await this.#readiness.until();
    if (this.#template === null) {
      throw new QwqError("unsupported_combination", "The model's file has no chat template.");
    }
    const rendered = this.#template.render(...args);
    return { ...rendered, tokens: await this.tokenize(rendered.text) };
  }

  async tokenize(text: string, special = true): Promise<readonly number[]> {
    await this.#readiness.until();
    return this.#requests.call<number[]>({ method: "tokenize", text, special });
  }

  async detokenize(tokens: readonly number[]): Promise<string> {
    await this.#readiness.until();
    return this.#requests.call<string>({ method: "detokenize", tokens });
  }

  async embed(input: readonly string[], signal?: AbortSignal): Promise<EmbedResult> {
    await this.#readiness.until(signal);
    return this.#requests.call<EmbedResult>({ method: "embed", input }, signal);
  }

  state(): EngineState {
    const state = this.#state;
    const slots = this.#settings.sequences;
    const full = state.running >= slots && state.queued >= this.#queueLimit;
    return {
      phase: this.#phase === "ready" && full ? "saturated" : this.#phase,
      slots,
      freeSlots: Math.max(0, slots - state.running - state.queued),
      running: state.running,
      queued: state.queued,
      queuedPromptTokens: state.queuedPromptTokens,
      kvReservedTokens: state.reservedTokens,
      kvTotalTokens: slots * this.#settings.contextTokens,
      generation: this.#generation,
      crashes: this.#crashes,
      loaded: this.#loaded,
      measured: {
        prefillTokensPerSecond: state.prefillTokensPerSecond,
        decodeTokensPerSecond: state.decodeTokensPerSecond,
      },
      lastFailure: this.#lastFailure,
    };
  }

  whenReady(): Promise<void> {
    return this.#readiness.until();
  }

  async close(): Promise<void> {
    if (this.#phase !== "closed") {
      this.#phase = "closed";
      this.#state = IDLE_STATE;
      this.#requests.failAll(aborted());
      this.#readiness.fail(aborted());
    }
    await this.#supervisor.close();
  }

  #onReady(info: ReadyInfo, settings: EngineSettings): void {
    this.#settings = settings;
    this.#ready = info;
    this.#loaded = 1;
    this.#generation++;
    const { chatTemplate } = this.#text;
    if (chatTemplate !== null) this.#template ??= new ChatTemplate(chatTemplate, info);
    this.#phase = "ready";
    this.#readiness.ready();
  }

  #onMessage(message: FromChild): void {
    if (message.type === "loading") this.#loaded = message.fraction;
    else if (message.type === "log") this.#options.log?.(message.level, message.line);
    else if (message.type === "beat") this.#state = message.state ?? this.#state;
    else {
      if (message.type === "events") this.#state = message.state;
      this.#requests.receive(message);
    }
  }

  #onCrash(reason: string): void {
    this.#crashes++;
    this.#lastFailure = reason;
    this.#phase = "loading";
    this.#readiness.notReady();
    this.#loaded = 0;
    this.#state = IDLE_STATE;
    this.#requests.failAll(
      new QwqError("engine_crashed", `The engine died while it worked on this: ${reason}.`, {
        hint: "It is coming back; send the request again.",
      }),
    );
  }

  #onFailed(error: QwqError): void {
    this.#phase = "failed";
    this.#lastFailure = error.message;
    this.#readiness.fail(error);
  }
}
