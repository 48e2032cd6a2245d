/** A token with its probability, as OpenAI tells it. */
export interface TokenLogprob {
  readonly tokenId: number;
  readonly text: string;
  /** The token's own bytes; may be a part of a character. */
  readonly bytes: readonly number[];
  /** Natural logarithm of the model's probability, before sampling settings. */
  readonly logprob: number;
}

export interface TokenLogprobs extends TokenLogprob {
  readonly alternatives: readonly TokenLogprob[];
}

/** Tokens of a request. `completionTokens` counts every token sampled, thought and end token included. */
export interface EngineUsage {
  readonly promptTokens: number;
  /** Of the prompt's, not computed because a sequence held them. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Of the completion's, inside a thought; 0 where it was not followed. */
  readonly reasoningTokens: number;
}

export interface PromptEvent {
  readonly type: "prompt";
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

/** Prompt tokens read so far, the cached ones included. */
export interface ProgressEvent {
  readonly type: "progress";
  readonly processedTokens: number;
  readonly totalTokens: number;
}

export interface TokenEvent {
  readonly type: "token";
  /** Whole characters only: a cut UTF-8 sequence waits for its rest. May be empty while a stop string is undecided. */
  readonly text: string;
  readonly tokenIds: readonly number[];
  /** Set only by engines that separate a chat themselves (`capabilities.separatesChat`): `text` is then without tags. */
  readonly channel?: "reasoning" | "content";
  readonly logprobs?: readonly TokenLogprobs[];
}

/** Only from engines that separate a chat themselves. The first of an index has id and name. */
export interface ToolCallEvent {
  readonly type: "tool-call";
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  /** The next piece of the arguments' JSON text. */
  readonly argumentsText: string;
}

export interface EndEvent {
  readonly type: "end";
  /** "stop": the model's end token; "tool-calls": an engine that separates chats says so. */
  readonly reason: "stop" | "length" | "stop-sequence" | "tool-calls";
  /** The stop string that ended it. */
  readonly stopSequence?: string;
  /** "length" fell inside a thought: there is no answer. */
  readonly insideThought: boolean;
  /** The thought was closed because its budget was used up. */
  readonly thoughtForced: boolean;
  readonly usage: EngineUsage;
  /** Measured by the engine, ms. */
  readonly timings: {
    readonly queuedMs: number;
    readonly prefillMs: number;
    readonly decodeMs: number;
  } | null;
}

export type GenerateEvent = PromptEvent | ProgressEvent | TokenEvent | ToolCallEvent | EndEvent;
