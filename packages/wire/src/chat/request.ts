/** A part of a message's content. Other parts pass through untouched. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image_url";
      readonly image_url: { readonly url: string; readonly detail?: string };
    }
  | { readonly type: "refusal"; readonly refusal: string };

/** A call of a function by the model; `arguments` is JSON as text, as the model wrote it. */
export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A message of a chat. Reasoning comes under any of three names, or as raw tags in the content. */
export interface ChatMessage {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool" | "function";
  readonly content?: string | readonly ContentPart[] | null;
  readonly name?: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly thinking?: string | null;
  readonly refusal?: string | null;
}

/** A function that the model may call. */
export interface ChatTool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: JsonSchema;
    readonly strict?: boolean | null;
  };
}

export type ToolChoice =
  | "none"
  | "auto"
  | "required"
  | { readonly type: "function"; readonly function: { readonly name: string } };

/** JSON Schema as it comes; boolean schemas stand inside it only. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | {
      readonly type: "json_schema";
      readonly json_schema: {
        readonly name?: string;
        readonly description?: string;
        readonly schema?: JsonSchema;
        readonly strict?: boolean | null;
      };
    };

/** How much thought is asked for. "none" switches it off where the model can. */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** Body of `POST /v1/chat/completions`. Fields that are not named here pass through. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly top_k?: number | null;
  readonly min_p?: number | null;
  readonly presence_penalty?: number | null;
  readonly frequency_penalty?: number | null;
  readonly repeat_penalty?: number | null;
  readonly repetition_penalty?: number | null;
  readonly logit_bias?: Readonly<Record<string, number>> | null;
  readonly stop?: string | readonly string[] | null;
  readonly seed?: number | null;
  readonly n?: number | null;
  readonly logprobs?: boolean | null;
  readonly top_logprobs?: number | null;
  readonly tools?: readonly ChatTool[] | null;
  readonly tool_choice?: ToolChoice | null;
  readonly parallel_tool_calls?: boolean | null;
  readonly response_format?: ResponseFormat | null;
  readonly reasoning_effort?: ReasoningEffort | null;
  readonly reasoning?: {
    readonly effort?: ReasoningEffort | null;
    readonly max_tokens?: number | null;
    /** OpenRouter's: think, and keep the thought back. */
    readonly exclude?: boolean | null;
  } | null;
  /** vLLM's: false keeps the thought back. */
  readonly include_reasoning?: boolean | null;
  /** Most tokens of thinking; past it the thought is closed and the answer begun. */
  readonly thinking_budget?: number | null;
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>> | null;
  /** The trailing assistant message is continued, never re-opened (vLLM's name). */
  readonly continue_final_message?: boolean | null;
  readonly add_generation_prompt?: boolean | null;
  readonly user?: string;
  readonly [field: string]: unknown;
}
