import type { ChatMessage, ContentPart, ToolCall } from "@qwq-fit/wire";
import type { CallSettings, PromptMessage, Warning } from "./types.ts";

type Part = Readonly<Record<string, unknown>>;

const partsOf = (message: PromptMessage): readonly Part[] =>
  Array.isArray(message.content)
    ? message.content.filter((part): part is Part => typeof part === "object" && part !== null)
    : [];
const text = (part: Part, field = "text"): string => {
  const value = part[field];
  return typeof value === "string" ? value : "";
};

/** The SDK's prompt as OpenAI's messages. */
export function messagesOf(prompt: CallSettings["prompt"], warnings: Warning[]): ChatMessage[] {
  return prompt.flatMap((message): ChatMessage[] => {
    switch (message.role) {
      case "system":
        return [
          { role: "system", content: typeof message.content === "string" ? message.content : "" },
        ];
      case "user":
        return [{ role: "user", content: userContent(partsOf(message), warnings) }];
      case "assistant":
        return [assistantMessage(partsOf(message))];
      case "tool":
        return partsOf(message)
          .filter((part) => part["type"] === "tool-result")
          .map((part) => ({
            role: "tool",
            tool_call_id: text(part, "toolCallId"),
            content: outputText(part["output"]),
          }));
    }
  });
}

function userContent(parts: readonly Part[], warnings: Warning[]): string | ContentPart[] {
  if (parts.every((part) => part["type"] === "text"))
    return parts.map((part) => text(part)).join("");
  return parts.flatMap((part): ContentPart[] => {
    if (part["type"] === "text") return [{ type: "text", text: text(part) }];
    const url = imageUrl(part);
    if (url !== null) return [{ type: "image_url", image_url: { url } }];
    warnings.push({ type: "unsupported", feature: "file", details: text(part, "mediaType") });
    return [];
  });
}

/** An image as a URL: V4 tags its data, V3 gives it bare. */
function imageUrl(part: Part): string | null {
  const mediaType = text(part, "mediaType");
  if (part["type"] !== "file" || !mediaType.startsWith("image/")) return null;
  const data = part["data"];
  const tagged: unknown = typeof data === "object" && data !== null && "type" in data ? data : null;
  const bare: unknown =
    tagged === null
      ? data
      : (Reflect.get(Object(tagged), "data") ?? Reflect.get(Object(tagged), "url"));
  if (bare instanceof URL) return bare.href;
  if (typeof bare === "string") {
    return /^(https?|data):/.test(bare) ? bare : `data:${typeOf(mediaType)};base64,${bare}`;
  }
  if (!(bare instanceof Uint8Array)) return null;
  let binary = "";
  for (const byte of bare) binary += String.fromCharCode(byte);
  return `data:${typeOf(mediaType)};base64,${btoa(binary)}`;
}

const typeOf = (mediaType: string): string => (mediaType === "image/*" ? "image/png" : mediaType);

function assistantMessage(parts: readonly Part[]): ChatMessage {
  const of = (type: string): Part[] => parts.filter((part) => part["type"] === type);
  const content = of("text")
    .map((part) => text(part))
    .join("");
  const reasoning = of("reasoning")
    .map((part) => text(part))
    .join("");
  const calls: ToolCall[] = of("tool-call").map((part) => ({
    id: text(part, "toolCallId"),
    type: "function",
    function: {
      name: text(part, "toolName"),
      arguments:
        typeof part["input"] === "string" ? part["input"] : JSON.stringify(part["input"] ?? {}),
    },
  }));
  return {
    role: "assistant",
    content: content === "" && calls.length > 0 ? null : content,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** A tool's output as text: `{type, value}` of either version. */
function outputText(output: unknown): string {
  const value: unknown =
    typeof output === "object" && output !== null && "value" in output ? output.value : output;
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

const EFFORTS: Readonly<Record<string, string>> = {
  none: "none",
  minimal: "minimal",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** The SDK's call settings as a request in OpenAI's shape, and what could not be kept. */
export function requestOf(settings: CallSettings): {
  body: Record<string, unknown>;
  warnings: Warning[];
} {
  const warnings: Warning[] = [];
  const body: Record<string, unknown> = { messages: messagesOf(settings.prompt, warnings) };
  const put = (name: string, value: unknown): void => {
    if (value !== undefined) body[name] = value;
  };
  put("max_tokens", settings.maxOutputTokens);
  put("temperature", settings.temperature);
  put("top_p", settings.topP);
  put("top_k", settings.topK);
  put("presence_penalty", settings.presencePenalty);
  put("frequency_penalty", settings.frequencyPenalty);
  put("seed", settings.seed);
  put("stop", settings.stopSequences);
  const { reasoning, responseFormat, tools, toolChoice } = settings;
  if (reasoning !== undefined && reasoning !== "provider-default") {
    put("reasoning_effort", EFFORTS[reasoning]);
    if (EFFORTS[reasoning] !== reasoning) {
      warnings.push({
        type: "compatibility",
        feature: "reasoning",
        details: `${reasoning} is sent as ${EFFORTS[reasoning]}`,
      });
    }
  }
  if (responseFormat?.type === "json") {
    const { schema, name = "answer" } = responseFormat;
    const format =
      schema === undefined
        ? { type: "json_object" }
        : { type: "json_schema", json_schema: { name, schema, strict: true } };
    put("response_format", format);
  }
  const functions = (tools ?? []).flatMap((tool) => toolOf(tool, warnings));
  if (functions.length > 0) {
    put("tools", functions);
    const choice = toolChoice?.type;
    if (choice === "tool")
      put("tool_choice", { type: "function", function: { name: toolChoice?.toolName } });
    else if (choice !== undefined) put("tool_choice", choice);
  }
  return { body, warnings };
}

function toolOf(tool: unknown, warnings: Warning[]): unknown[] {
  if (typeof tool !== "object" || tool === null) return [];
  const get = (name: string): unknown => Reflect.get(tool, name);
  if (get("type") !== "function") {
    warnings.push({ type: "unsupported", feature: `tool ${String(get("name"))}` });
    return [];
  }
  const description = get("description");
  return [
    {
      type: "function",
      function: {
        name: get("name"),
        ...(description === undefined ? {} : { description }),
        parameters: get("inputSchema"),
      },
    },
  ];
}
