import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import type { ScriptedModel, ScriptedOptions } from "@qwq-fit/models/node";
import type { LoadedBinding } from "../child/binding.ts";
import { loadModel } from "../child/loaded-model.ts";
import type { LoadedModel } from "../child/loaded-model.ts";
import type { ChildRequest } from "../child/protocol.ts";
import { RunLoop } from "../child/run-loop.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { EndEvent, GenerateEvent, TokenEvent } from "../generate-events.ts";
import type { Step } from "../scheduler/scheduler-types.ts";
import { loadDevelopmentBinding } from "./native-binding.ts";

/** Settings for the scripted model on one thread of the CPU. */
export const SCRIPTED_SETTINGS: EngineSettings = {
  backend: "cpu",
  contextTokens: 1024,
  sequences: 3,
  batchTokens: 128,
  threads: 1,
  mmap: false,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  expertsOnCpu: false,
  repack: true,
  loras: [],
  yarn: null,
};

export interface LoadedScripted {
  readonly loaded: LoadedModel;
  readonly model: ScriptedModel;
  readonly path: string;
  dispose(): Promise<void>;
}

/** The scripted model, loaded in this process by the real engine. */
export async function loadScripted(
  settings: Partial<EngineSettings> = {},
  options: ScriptedOptions = {},
  known: LoadedBinding | null = null,
): Promise<LoadedScripted> {
  const folder = await mkdtemp(join(tmpdir(), "engine-"));
  const path = join(folder, "scripted.gguf");
  const model = await writeScriptedGguf(path, options);
  // A process loads the library once; a second time it would log to the terminal.
  const binding = known ?? (await loadDevelopmentBinding());
  const all = { ...SCRIPTED_SETTINGS, ...settings };
  const loaded = await loadModel(binding, path, all, [], () => {});
  return {
    loaded,
    model,
    path,
    dispose: async () => {
      await loaded.context.dispose();
      await loaded.model.dispose();
      await rm(folder, { recursive: true });
    },
  };
}

/** What one request of a {@link LoopRecorder} has come to. */
export interface Recorded {
  text: string;
  tokens: TokenEvent[];
  events: GenerateEvent[];
  end: EndEvent | null;
  error: unknown;
}

/** A run loop whose steps and streams are kept, and can be acted on after each step. */
export class LoopRecorder {
  readonly steps: Step[] = [];
  readonly streams: Map<number, Recorded> = new Map();
  readonly loop: RunLoop;
  /** Called after each batch, when its events are told. */
  afterStep: (steps: number) => void = (): void => {};
  #waiting: { done: () => boolean; resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(loaded: LoadedModel, options: { queueLimit?: number; chunkMs?: number } = {}) {
    this.loop = new RunLoop(
      loaded,
      { queueLimit: options.queueLimit ?? 16, chunkMs: options.chunkMs ?? 100, aloneChunkMs: 1000 },
      {
        step: (step) => this.steps.push(step),
        event: (id, event) => this.#event(id, event),
        error: (id, error) => {
          this.#stream(id).error = error;
        },
        fault: (error) => {
          for (const { reject } of this.#waiting) reject(error);
        },
        idle: () => {},
        flush: () => {
          this.afterStep(this.steps.length);
          this.#waiting = this.#waiting.filter(({ done, resolve }) => {
            if (!done()) return true;
            resolve();
            return false;
          });
        },
      },
    );
  }

  submit(id: number, request: Partial<ChildRequest> & Pick<ChildRequest, "prompt">): Recorded {
    this.loop.submit(id, {
      maxTokens: null,
      sampling: { temperature: 0 },
      seed: 1,
      stop: [],
      ignoreEnd: false,
      logprobs: null,
      grammar: null,
      thought: null,
      fairnessKey: String(id),
      ...request,
    });
    return this.#stream(id);
  }

  /** Resolves after the batch with which `done` is true. */
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ done, resolve, reject });
    });
  }

  async answer(
    id: number,
    request: Partial<ChildRequest> & Pick<ChildRequest, "prompt">,
  ): Promise<Recorded> {
    const stream = this.submit(id, request);
    await this.until(() => stream.end !== null || stream.error !== undefined);
    return stream;
  }

  #event(id: number, event: GenerateEvent): void {
    const stream = this.#stream(id);
    stream.events.push(event);
    if (event.type === "token") {
      stream.text += event.text;
      stream.tokens.push(event);
    } else if (event.type === "end") stream.end = event;
  }

  #stream(id: number): Recorded {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = { text: "", tokens: [], events: [], end: null, error: undefined };
      this.streams.set(id, stream);
    }
    return stream;
  }
}

/** A prompt after which the scripted model says its whole text. */
export function scriptedPrompt(text: string): ChildRequest["prompt"] {
  return {
    kind: "text",
    text: `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n<think>\n`,
  };
}
