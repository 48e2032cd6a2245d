// The parts of the AI SDK's provider specification that this package speaks, structurally: V4 (ai@7) and V3
// (ai@6). A type test holds them against the specification's own package.

type Json = null | string | number | boolean | { [key: string]: Json | undefined } | Json[];
type JsonObject = { [key: string]: Json | undefined };
type ProviderMetadata = Record<string, JsonObject>;

export type Warning =
  | { type: "unsupported"; feature: string; details?: string }
  | { type: "compatibility"; feature: string; details?: string }
  | { type: "other"; message: string };

export type Unified = "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";
export interface FinishReason<Extra extends string = never> {
  unified: Unified | Extra;
  raw: string | undefined;
}

export interface Usage {
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: number | undefined;
  };
  outputTokens: {
    total: number | undefined;
    text: number | undefined;
    reasoning: number | undefined;
  };
}

export type Content =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "tool-call"; toolCallId: string; toolName: string; input: string };

export type StreamPart<Extra extends string = never> =
  | { type: "stream-start"; warnings: Warning[] }
  | { type: "response-metadata"; id?: string; timestamp?: Date; modelId?: string }
  | { type: "text-start"; id: string }
  | { type: "text-delta"; id: string; delta: string }
  | { type: "text-end"; id: string }
  | { type: "reasoning-start"; id: string }
  | { type: "reasoning-delta"; id: string; delta: string }
  | { type: "reasoning-end"; id: string }
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  | { type: "tool-call"; toolCallId: string; toolName: string; input: string }
  | { type: "error"; error: unknown }
  | {
      type: "finish";
      usage: Usage;
      finishReason: FinishReason<Extra>;
      providerMetadata?: ProviderMetadata;
    };

/** A prompt message; its parts are read field by field. */
export interface PromptMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: unknown;
}

export interface CallSettings {
  readonly prompt: readonly PromptMessage[];
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly stopSequences?: string[] | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly responseFormat?:
    | { readonly type: string; readonly schema?: unknown; readonly name?: string | undefined }
    | undefined;
  readonly tools?: readonly unknown[] | undefined;
  readonly toolChoice?: { readonly type: string; readonly toolName?: string } | undefined;
  readonly abortSignal?: AbortSignal | undefined;
  readonly headers?: Record<string, string | undefined> | undefined;
  readonly reasoning?: string | undefined;
}

export interface GenerateResult<Extra extends string = never> {
  content: Content[];
  finishReason: FinishReason<Extra>;
  usage: Usage;
  providerMetadata?: ProviderMetadata;
  response?: { id?: string; timestamp?: Date; modelId?: string };
  warnings: Warning[];
}

interface LanguageModel<Version extends string, Extra extends string> {
  readonly specificationVersion: Version;
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: CallSettings): Promise<GenerateResult<Extra>>;
  doStream(options: CallSettings): Promise<{ stream: ReadableStream<StreamPart<Extra>> }>;
}

/** A model for `ai@7`. */
export type LanguageModelV4 = LanguageModel<"v4", "interrupted">;
/** A model for `ai@6`. */
export type LanguageModelV3 = LanguageModel<"v3", never>;
