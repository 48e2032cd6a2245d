import type { ErrorCode } from "@qwq-fit/schema";
import type { EngineSettings } from "../engine-settings.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { SamplingOptions } from "../generate-request.ts";
import type { MetadataOverride } from "./binding.ts";

/** What the child loads. Plain JSON, as all that crosses. */
export interface LoadOptions {
  /** The folder of the node-llama-cpp package. */
  readonly bindingFolder: string;
  readonly modelPath: string;
  readonly settings: EngineSettings;
  /** Metadata of the file that is replaced: YaRN. */
  readonly overrides: readonly MetadataOverride[];
  readonly queueLimit: number;
  readonly chunkMs: number;
  readonly aloneChunkMs: number;
}

/** A request with everything decided that needs no tokenizer. */
export interface ChildRequest {
  readonly prompt:
    | { readonly kind: "tokens"; readonly tokens: readonly number[] }
    | { readonly kind: "text"; readonly text: string };
  readonly maxTokens: number | null;
  readonly sampling: SamplingOptions;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly ignoreEnd: boolean;
  /** Null: no log probabilities. */
  readonly logprobs: number | null;
  readonly grammar: string | null;
  readonly thought: {
    readonly open: boolean;
    readonly openTag: string;
    readonly closeTag: string;
    readonly budgetTokens: number | null;
  } | null;
  readonly fairnessKey: string;
}

export type ChildCall =
  | { readonly method: "tokenize"; readonly text: string; readonly special: boolean }
  | { readonly method: "detokenize"; readonly tokens: readonly number[] }
  | { readonly method: "embed"; readonly input: readonly string[] };

export type ToChild =
  | { readonly type: "load"; readonly options: LoadOptions }
  | { readonly type: "generate"; readonly id: number; readonly request: ChildRequest }
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "call"; readonly id: number; readonly call: ChildCall }
  | { readonly type: "close" };

export interface ChildError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the loaded model says of itself. */
export interface ReadyInfo {
  readonly version: string;
  readonly contextTokens: number;
  readonly slots: number;
  readonly embeddingLength: number;
  readonly trainedContextTokens: number;
  readonly bosText: string;
  readonly eosText: string;
  readonly canCopy: boolean;
}

/** Counters of the child; sent with events and heartbeats. */
export interface ChildState {
  readonly running: number;
  readonly queued: number;
  readonly queuedPromptTokens: number;
  readonly reservedTokens: number;
  readonly prefillTokensPerSecond: number | null;
  readonly decodeTokensPerSecond: number | null;
}

export type FromChild =
  | { readonly type: "loading"; readonly fraction: number }
  | { readonly type: "ready"; readonly info: ReadyInfo }
  /** The model could not be loaded; the child ends. */
  | { readonly type: "failed"; readonly error: ChildError }
  | {
      readonly type: "beat";
      /** How long the batch in flight has been computed, null between batches. */
      readonly batchMs: number | null;
      readonly state: ChildState | null;
    }
  | {
      readonly type: "events";
      readonly events: readonly (readonly [id: number, event: GenerateEvent])[];
      readonly errors: readonly (readonly [id: number, error: ChildError])[];
      readonly state: ChildState;
    }
  | { readonly type: "result"; readonly id: number; readonly value: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: ChildError }
  | { readonly type: "log"; readonly level: string; readonly line: string };
