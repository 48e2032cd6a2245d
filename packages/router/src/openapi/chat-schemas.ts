import {
  any,
  constant,
  count,
  described,
  flag,
  list,
  number,
  object,
  oneOf,
  open,
  orNull,
  ref,
  type Schema,
  text,
} from "./json-schema.ts";

const reasoning = {
  reasoning_content: orNull(text),
  reasoning: orNull(text),
};
const head = {
  id: text,
  created: described("Seconds since 1970.", count),
  model: text,
};
const finish = orNull(oneOf("stop", "length", "tool_calls", "content_filter", "function_call"));

/** OpenAI's chat as far as the router reads or makes it; other fields pass through. */
export const CHAT_SCHEMAS: Readonly<Record<string, Schema>> = {
  ChatMessage: open(
    { role: oneOf("system", "developer", "user", "assistant", "tool", "function") },
    {
      content: { anyOf: [text, list(open({ type: text })), { type: "null" }] },
      name: text,
      tool_calls: list(ref("ToolCall")),
      tool_call_id: text,
    },
  ),
  ToolCall: open({
    id: text,
    type: constant("function"),
    function: object({ name: text, arguments: described("JSON, as the model wrote it.", text) }),
  }),
  Webhook: object({ url: described("HTTPS, to a public host.", { ...text, format: "uri" }) }),
  ChatRequest: open(
    { model: text, messages: list(ref("ChatMessage")) },
    {
      stream: orNull(flag),
      max_tokens: orNull(count),
      temperature: orNull(number),
      tools: list(any),
      background: described(
        "Answers 202 at once; the answer is polled, followed, or told to the webhook.",
        orNull(flag),
      ),
      webhook: ref("Webhook"),
    },
  ),
  Usage: open({ prompt_tokens: count, completion_tokens: count }, { total_tokens: count }),
  ChatCompletion: open(
    {
      ...head,
      object: constant("chat.completion"),
      choices: list(
        open({
          index: count,
          message: open(
            { role: constant("assistant"), content: orNull(text) },
            { ...reasoning, tool_calls: list(ref("ToolCall")) },
          ),
          finish_reason: finish,
        }),
      ),
    },
    { usage: { anyOf: [ref("Usage"), { type: "null" }] } },
  ),
  ChatChunk: open(
    {
      ...head,
      object: constant("chat.completion.chunk"),
      choices: list(
        open({
          index: count,
          delta: open({}, { role: constant("assistant"), content: orNull(text), ...reasoning }),
          finish_reason: finish,
        }),
      ),
    },
    {
      usage: { anyOf: [ref("Usage"), { type: "null" }] },
      qwq: described(
        "In low-data mode: pieces of thinking so far, in place of their text.",
        object({ thinking: count }),
      ),
    },
  ),
  CompletionRequest: open(
    { model: text, prompt: { anyOf: [text, list(any)] } },
    { stream: orNull(flag), max_tokens: orNull(count) },
  ),
  Completion: open({ choices: list(open({ index: count, text })) }, { ...head, object: text }),
  EmbeddingsRequest: open({ model: text, input: { anyOf: [text, list(any)] } }),
  Embeddings: open({
    object: constant("list"),
    data: list(open({ index: count, embedding: { anyOf: [list(number), text] } })),
  }),
  ResponsesRequest: open(
    { model: text, input: { anyOf: [text, list(any)] } },
    { stream: orNull(flag) },
  ),
  Response: open({
    id: text,
    object: constant("response"),
    created_at: count,
    status: oneOf("in_progress", "completed", "incomplete", "failed"),
    model: text,
    output: list(open({ type: text })),
  }),
  MessagesRequest: open(
    { model: text, max_tokens: count, messages: list(open({ role: oneOf("user", "assistant") })) },
    { stream: flag },
  ),
  Message: open({
    id: text,
    type: constant("message"),
    role: constant("assistant"),
    model: text,
    content: list(open({ type: text })),
    stop_reason: orNull(text),
    usage: open({ input_tokens: count, output_tokens: count }),
  }),
};
