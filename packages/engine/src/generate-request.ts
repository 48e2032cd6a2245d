import type { EngineMessage, EngineTool, EngineToolChoice } from "./engine-messages.ts";
import type { TemplateOptions } from "./engine.ts";

export type GeneratePrompt =
  | { readonly kind: "tokens"; readonly tokens: readonly number[] }
  /** As the model sees it; special tokens in the text are special. */
  | { readonly kind: "text"; readonly text: string }
  /** Rendered by the engine: `applyTemplate` and then "text" where it has the template, its own chat API where not. */
  | {
      readonly kind: "chat";
      readonly messages: readonly EngineMessage[];
      readonly tools?: readonly EngineTool[];
      readonly toolChoice?: EngineToolChoice;
      readonly template?: TemplateOptions;
    };

/** How a token is chosen. A field left out is the engine's neutral value, not a default of a model's card. */
export interface SamplingOptions {
  /** 0 is greedy. Default 1. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  /** Any integer; two runs with the same seed, prompt and settings say the same. */
  readonly seed?: number;
  readonly repeatPenalty?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** How many of the last tokens the penalties look at. Default 64, as llama.cpp's `penalty_last_n` (common/common.h). */
  readonly penaltyLastTokens?: number;
  /** OpenAI's: added to the logit, -100 forbids. By token id. */
  readonly logitBias?: Readonly<Record<number, number>>;
}

/** What the answer (what comes after a thought) must look like. */
export type GenerateConstraint =
  | { readonly kind: "json-object" }
  | { readonly kind: "json-schema"; readonly schema: unknown }
  /** llama.cpp's grammar language; the start rule is `root`. */
  | { readonly kind: "gbnf"; readonly text: string };

/** The engine counts tokens of thought and can end it. */
export interface ReasoningControl {
  /** The prompt ends inside a thought (`RenderedPrompt.opensThought`). */
  readonly open: boolean;
  /** Default: the tags of `EngineInfo.reasoning`. */
  readonly openTag?: string;
  readonly closeTag?: string;
  /** Thought is closed by force after this many tokens of it. 0 closes it at once. */
  readonly budgetTokens?: number;
}

export interface GenerateRequest {
  readonly prompt: GeneratePrompt;
  /** Cap of output tokens, thought included. Default: what the context leaves. */
  readonly maxTokens?: number;
  readonly sampling?: SamplingOptions;
  /** The answer ends before the first of these; never inside a thought; none of it is given out. */
  readonly stop?: readonly string[];
  /** Go on past the model's end token (benchmarks). */
  readonly ignoreEnd?: boolean;
  /** How many alternatives to tell for each token, 0 to 20; 0 tells the chosen one only. Left out: none. */
  readonly logprobs?: number;
  readonly constraint?: GenerateConstraint;
  readonly reasoning?: ReasoningControl;
  /** Keeps callers apart for fairness: streams of one key share one turn. Default: each request its own. */
  readonly fairnessKey?: string;
}
