import type { Backend, EngineName } from "@qwq-fit/schema";
import type { EngineMessage, EngineTool } from "./engine-messages.ts";
import type { EngineSettings } from "./engine-settings.ts";
import type { GenerateEvent } from "./generate-events.ts";
import type { GenerateRequest } from "./generate-request.ts";

/** What an engine can be asked for. An adapter that lacks one says so here, and throws `unsupported_combination`. */
export interface EngineCapabilities {
  /** `prompt.kind: "tokens"`, `tokenize` and `detokenize`. */
  readonly tokens: boolean;
  /** `prompt.kind: "text"`: a prompt as the model sees it, special tokens and all. */
  readonly rawPrompt: boolean;
  /** `applyTemplate` answers with text. */
  readonly template: boolean;
  /** `prompt.kind: "chat"` is separated by the engine itself: token events carry `channel`, tools come as `tool-call`. */
  readonly separatesChat: boolean;
  /** `constraint` is enforced while tokens are chosen. */
  readonly gbnf: boolean;
  readonly jsonSchema: boolean;
  readonly logprobs: boolean;
  readonly logitBias: boolean;
  readonly embeddings: boolean;
  /** `reasoning.budgetTokens` is enforced by counting. */
  readonly reasoningBudget: boolean;
  /** A chat may end with an assistant message that is gone on with, also inside a thought. */
  readonly continuation: boolean;
  /** `progress` events while a prompt is read. */
  readonly progress: boolean;
  /** `usage.cachedTokens` is told by the engine (else 0). */
  readonly cachedTokens: boolean;
}

/** What is fixed while the engine runs. After a step down (see {@link EngineState.generation}) it is read anew. */
export interface EngineInfo {
  readonly engine: EngineName;
  /** "3.22.1"; null where an attached engine does not tell. */
  readonly version: string | null;
  readonly backend: Backend | null;
  /** The model's name at the engine: the file's `general.name`, or the attached engine's id. */
  readonly model: string;
  readonly modelPath: string | null;
  /** Context of ONE sequence, prompt and output together; null where an attached engine does not tell. */
  readonly contextTokens: number | null;
  /** Sequences that run side by side. */
  readonly slots: number;
  readonly capabilities: EngineCapabilities;
  /** Null for an engine that we only attach to. */
  readonly settings: EngineSettings | null;
  /** How the model thinks, read from its template; null where it does not, or it cannot be known. */
  readonly reasoning: { readonly openTag: string; readonly closeTag: string } | null;
  /** How the model writes a tool call, read from its template; null where it has no tools. */
  readonly toolCalls: { readonly openTag: string; readonly closeTag: string } | null;
  readonly embeddingLength: number | null;
}

/** "loading" also while a crashed engine comes back; "failed" when no smaller plan is left. */
export type EnginePhase = "loading" | "ready" | "saturated" | "failed" | "closed";

/** What changes while the engine runs; cheap, no I/O. Served by `/health` and `/v1/node`. */
export interface EngineState {
  readonly phase: EnginePhase;
  readonly slots: number;
  readonly freeSlots: number;
  readonly running: number;
  readonly queued: number;
  /** Prompt tokens of queued and running requests that are not read yet. */
  readonly queuedPromptTokens: number;
  /** Cells of the KV cache that running requests have reserved, and all there are. */
  readonly kvReservedTokens: number;
  readonly kvTotalTokens: number;
  /** Counts loads: 1 for the first, one more after each crash. */
  readonly generation: number;
  readonly crashes: number;
  /** Fraction of the model that is loaded, 0 to 1. */
  readonly loaded: number;
  /** Measured by the engine itself; null before the first token. */
  readonly measured: {
    readonly prefillTokensPerSecond: number | null;
    readonly decodeTokensPerSecond: number | null;
  };
  /** Why the last engine died, or why it is failed. */
  readonly lastFailure: string | null;
}

export interface TemplateOptions {
  /** Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Go on with the last (assistant) message: its turn is not closed and no new one opened. */
  readonly continueFinalMessage?: boolean;
  /** Handed to the template as variables: `enable_thinking`, … */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface RenderedPrompt {
  readonly text: string;
  /** Null where the engine cannot tokenize. */
  readonly tokens: readonly number[] | null;
  /** True where the text ends inside a thought: the model starts by thinking. */
  readonly opensThought: boolean;
}

export interface EmbedResult {
  readonly vectors: readonly (readonly number[])[];
  readonly promptTokens: number;
}

/**
 * A program that runs one model: node-llama-cpp in a child process, llama-server, or one that already runs.
 * Every implementation passes the suite in `engine.case.ts`; what one cannot do is in its capabilities.
 */
export interface Engine {
  readonly info: EngineInfo;

  /**
   * Runs one request. Events come in this order: `prompt` once, `progress` any number, `token` and `tool-call` any
   * number, `end` once. Nothing is lost and nothing comes twice.
   *
   * The iteration throws a `QwqError`: `aborted` as soon as `signal` fires (compute stops at the next batch),
   * `context_too_long` (details: promptTokens, contextTokens), `saturated` (details: retryAfterMs), `engine_crashed`
   * when the engine dies under it, `invalid_request`, `unsupported_combination`. Leaving the loop early stops the work.
   */
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterable<GenerateEvent>;

  /** The model's own chat template, rendered. `unsupported_combination` without the capability. */
  applyTemplate(
    messages: readonly EngineMessage[],
    tools: readonly EngineTool[],
    options?: TemplateOptions,
  ): Promise<RenderedPrompt>;

  /** Special tokens in `text` are read as such when `special` (default true). */
  tokenize(text: string, special?: boolean): Promise<readonly number[]>;
  detokenize(tokens: readonly number[]): Promise<string>;
  embed(input: readonly string[], signal?: AbortSignal): Promise<EmbedResult>;

  state(): EngineState;
  /** Ends the engine and all it started; running requests end with `aborted`. Safe to call twice. */
  close(): Promise<void>;
}
