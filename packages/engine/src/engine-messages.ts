/** A tool call as chat templates read it: OpenAI's shape, the arguments as a string or parsed. */
export interface EngineToolCall {
  readonly id?: string;
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly arguments: string | Readonly<Record<string, unknown>>;
  };
}

/** A message as chat templates read it; text only. */
export interface EngineMessage {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly content: string | null;
  readonly name?: string;
  /** A thought of the assistant. Templates drop it from history; with `continueFinalMessage` an unfinished one is gone on with. */
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly EngineToolCall[];
  readonly tool_call_id?: string;
}

/** A function that the model may call, OpenAI's shape. */
export interface EngineTool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    /** JSON Schema. */
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly strict?: boolean;
  };
}

export type EngineToolChoice =
  | "auto"
  | "none"
  | "required"
  | { readonly type: "function"; readonly function: { readonly name: string } };
