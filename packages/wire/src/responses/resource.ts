import type { ChatUsage } from "../chat/response.ts";
import type { JsonObject } from "../json.ts";
import { isObject } from "../json.ts";

/** What a response resource is made of, beside the request. */
export interface ResponseParts {
  readonly id: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly completedAt: number | null;
  readonly model: string;
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly incompleteReason: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly output: readonly JsonObject[];
  readonly usage: ChatUsage | null;
}

/** The response object of OpenAI's Responses API, every required field of Open Responses included. */
export function responseResource(request: JsonObject, parts: ResponseParts): JsonObject {
  const given = (name: string, fallback: unknown): unknown => request[name] ?? fallback;
  const reasoning = isObject(request["reasoning"]) ? request["reasoning"] : {};
  const text = isObject(request["text"]) ? request["text"] : {};
  return {
    id: parts.id,
    object: "response",
    created_at: parts.createdAt,
    completed_at: parts.completedAt,
    status: parts.status,
    background: false,
    error: parts.error,
    incomplete_details: parts.incompleteReason === null ? null : { reason: parts.incompleteReason },
    instructions: given("instructions", null),
    max_output_tokens: given("max_output_tokens", null),
    max_tool_calls: null,
    metadata: given("metadata", {}),
    model: parts.model,
    output: parts.output,
    parallel_tool_calls: given("parallel_tool_calls", true),
    presence_penalty: given("presence_penalty", 0),
    frequency_penalty: given("frequency_penalty", 0),
    previous_response_id: null,
    prompt_cache_key: given("prompt_cache_key", null),
    reasoning: { effort: reasoning["effort"] ?? null, summary: reasoning["summary"] ?? null },
    safety_identifier: given("safety_identifier", null),
    service_tier: "default",
    store: false,
    temperature: given("temperature", 1),
    text: { ...text, format: text["format"] ?? { type: "text" } },
    tool_choice: given("tool_choice", "auto"),
    tools: toolsOf(request["tools"]),
    top_logprobs: given("top_logprobs", 0),
    top_p: given("top_p", 1),
    truncation: "disabled",
    usage: usageOf(parts.usage),
    user: given("user", null),
  };
}

function toolsOf(tools: unknown): unknown[] {
  const defaults = { description: null, parameters: null, strict: null };
  return (Array.isArray(tools) ? tools : []).map((tool: unknown) =>
    isObject(tool) ? { ...defaults, ...tool } : tool,
  );
}

function usageOf(usage: ChatUsage | null): JsonObject | null {
  if (usage === null) return null;
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0 },
    output_tokens: usage.completion_tokens,
    output_tokens_details: {
      reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
    total_tokens: usage.total_tokens,
  };
}
