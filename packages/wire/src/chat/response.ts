import type { ToolCall } from "./request.ts";

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

/** Tokens that an exchange took. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
}

/** A token with its probability. `bytes` are its UTF-8 bytes. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
  readonly top_logprobs: readonly Omit<TokenLogprob, "top_logprobs">[];
}

export interface ChoiceLogprobs {
  readonly content: readonly TokenLogprob[] | null;
  readonly refusal?: readonly TokenLogprob[] | null;
}

/** A whole answer's message. Reasoning stands under both names that clients read. */
export interface AnswerMessage {
  readonly role: "assistant";
  readonly content: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[];
}

export interface ChatChoice {
  readonly index: number;
  readonly message: AnswerMessage;
  readonly finish_reason: FinishReason | null;
  /** vLLM's field: the stop text that ended the answer, or null. */
  readonly stop_reason?: string | number | null;
  readonly logprobs?: ChoiceLogprobs | null;
}

/** Answer of `POST /v1/chat/completions` without `stream`. */
export interface ChatCompletion {
  readonly id: string;
  readonly object: "chat.completion";
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly ChatChoice[];
  readonly usage?: ChatUsage | null;
  readonly system_fingerprint?: string | null;
  readonly [field: string]: unknown;
}

/** A piece of a tool call; the first piece of an index carries `id` and the name. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: "function";
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

export interface ChatDelta {
  readonly role?: "assistant";
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly thinking?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCallDelta[];
}

export interface ChunkChoice {
  readonly index: number;
  readonly delta: ChatDelta;
  readonly finish_reason: FinishReason | null;
  /** vLLM's field: the stop text that ended the answer, or null. */
  readonly stop_reason?: string | number | null;
  readonly logprobs?: ChoiceLogprobs | null;
}

/** One event of a streamed answer. */
export interface ChatChunk {
  readonly id: string;
  readonly object: "chat.completion.chunk";
  readonly created: number;
  readonly model: string;
  readonly choices: readonly ChunkChoice[];
  readonly usage?: ChatUsage | null;
  readonly system_fingerprint?: string | null;
  readonly [field: string]: unknown;
}
