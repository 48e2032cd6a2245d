import type { ChatMessage, ChatRequest, ContentPart, ToolCall } from "../chat/request.ts";
import type { JsonObject } from "../json.ts";
import { isObject, stringField } from "../json.ts";
import { readChatRequest } from "../validate/chat-request.ts";
import { createChecker } from "../validate/problem.ts";
import type { Checked, Checker } from "../validate/problem.ts";

/**
 * An Anthropic `POST /v1/messages` body as a chat completion request. An assistant message at the
 * end (Anthropic's prefill) becomes a continuation.
 */
export function chatFromMessages(body: unknown): Checked<ChatRequest> {
  const check = createChecker();
  if (!isObject(body)) {
    check.expect(false, "", "the body must be a JSON object", "invalid_request");
    return { ok: false, problems: check.problems };
  }
  check.number(body, "max_tokens", { least: 1, integer: true });
  const messages = [...systemOf(body["system"]), ...messagesOf(body["messages"], check)];
  const tools = toolsOf(body["tools"], check);
  if (check.problems.length > 0) return { ok: false, problems: check.problems };
  const { stop_sequences: stop, temperature, top_p, top_k } = body;
  const prefilled = messages.at(-1)?.role === "assistant";
  return readChatRequest({
    model: body["model"],
    messages,
    stream: body["stream"],
    ...(body["stream"] === true ? { stream_options: { include_usage: true } } : {}),
    max_completion_tokens: body["max_tokens"],
    temperature,
    top_p,
    top_k,
    stop,
    ...(tools.length > 0 ? { tools, ...toolChoiceOf(body["tool_choice"]) } : {}),
    ...thinkingOf(body["thinking"]),
    ...outputOf(body),
    ...(prefilled ? { continue_final_message: true } : {}),
  });
}

function systemOf(system: unknown): ChatMessage[] {
  const text = typeof system === "string" ? system : blocksText(system);
  return text === "" ? [] : [{ role: "system", content: text }];
}

function messagesOf(messages: unknown, check: Checker): ChatMessage[] {
  if (!Array.isArray(messages)) {
    check.expect(false, "messages", "`messages` must be a list", "invalid_request");
    return [];
  }
  return messages.flatMap((message: unknown, index) => {
    const at = `messages[${index}]`;
    const role = stringField(message, "role");
    const content = isObject(message) ? message["content"] : undefined;
    const known = role === "user" || role === "assistant" || role === "system";
    if (!check.expect(known, `${at}.role`, "`role` must be user or assistant") || !known) return [];
    if (typeof content === "string") return [{ role, content }];
    if (
      !check.expect(Array.isArray(content), `${at}.content`, "`content` must be text or blocks")
    ) {
      return [];
    }
    const blocks: unknown[] = Array.isArray(content) ? content : [];
    return role === "assistant"
      ? [assistantOf(blocks, `${at}.content`, check)]
      : userOf(role, blocks, `${at}.content`, check);
  });
}

function assistantOf(blocks: readonly unknown[], at: string, check: Checker): ChatMessage {
  let text: string | null = null;
  let reasoning = "";
  const calls: ToolCall[] = [];
  for (const [index, block] of blocks.entries()) {
    const type = stringField(block, "type") ?? "";
    if (type === "text") text = (text ?? "") + (stringField(block, "text") ?? "");
    else if (type === "thinking") reasoning += stringField(block, "thinking") ?? "";
    else if (type === "tool_use" && isObject(block)) {
      calls.push({
        id: stringField(block, "id") ?? "",
        type: "function",
        function: {
          name: stringField(block, "name") ?? "",
          arguments: JSON.stringify(block["input"] ?? {}),
        },
      });
    } else if (type !== "redacted_thinking") unknownBlock(type, `${at}[${index}]`, check);
  }
  return {
    role: "assistant",
    content: text,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** Results of tools become messages of their own, before what the user says beside them. */
function userOf(
  role: "user" | "system",
  blocks: readonly unknown[],
  at: string,
  check: Checker,
): ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: ContentPart[] = [];
  for (const [index, block] of blocks.entries()) {
    const type = stringField(block, "type") ?? "";
    if (type === "text") parts.push({ type, text: stringField(block, "text") ?? "" });
    else if (type === "image" && isObject(block)) {
      parts.push({ type: "image_url", image_url: { url: imageUrl(block["source"]) } });
    } else if (type === "tool_result" && isObject(block)) {
      const content = block["content"];
      const text = typeof content === "string" ? content : blocksText(content);
      results.push({
        role: "tool",
        tool_call_id: stringField(block, "tool_use_id") ?? "",
        content: block["is_error"] === true ? `Error: ${text}` : text,
      });
    } else unknownBlock(type, `${at}[${index}]`, check);
  }
  if (parts.length === 0) return results;
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const content = texts.length === parts.length ? texts.join("\n") : parts;
  return [...results, { role, content }];
}

function unknownBlock(type: string, at: string, check: Checker): void {
  check.expect(false, at, `a block of type \`${type}\` cannot be read here`);
}

function imageUrl(source: unknown): string {
  const data = stringField(source, "data");
  return data === undefined
    ? (stringField(source, "url") ?? "")
    : `data:${stringField(source, "media_type") ?? "image/png"};base64,${data}`;
}

function blocksText(blocks: unknown): string {
  const texts = (Array.isArray(blocks) ? blocks : []).map((one) => stringField(one, "text") ?? "");
  return texts.filter((text) => text !== "").join("\n");
}

function toolsOf(tools: unknown, check: Checker): JsonObject[] {
  return (Array.isArray(tools) ? tools : []).flatMap((tool: unknown, index) => {
    const type = stringField(tool, "type") ?? "custom";
    if (type !== "custom" || !isObject(tool)) {
      const message = `tools of type \`${type}\` run at Anthropic only`;
      check.expect(false, `tools[${index}].type`, message, "unsupported_combination");
      return [];
    }
    const { name, description, input_schema: parameters } = tool;
    const inner = { name, ...(typeof description === "string" ? { description } : {}), parameters };
    return [{ type: "function", function: inner }];
  });
}

function toolChoiceOf(choice: unknown): JsonObject {
  if (!isObject(choice)) return {};
  const parallel = choice["disable_parallel_tool_use"] === true;
  const named = { type: "function", function: { name: choice["name"] } };
  const types: JsonObject = { auto: "auto", any: "required", none: "none", tool: named };
  return {
    tool_choice: types[String(choice["type"])] ?? choice,
    ...(parallel ? { parallel_tool_calls: false } : {}),
  };
}

function thinkingOf(thinking: unknown): JsonObject {
  if (!isObject(thinking)) return {};
  if (thinking["type"] === "disabled") return { reasoning_effort: "none" };
  return thinking["type"] === "enabled" ? { thinking_budget: thinking["budget_tokens"] } : {};
}

/** Structured output, under its present and its beta name. */
function outputOf(body: JsonObject): JsonObject {
  const config = isObject(body["output_config"]) ? body["output_config"] : {};
  const format = config["format"] ?? body["output_format"];
  const effort = stringField(config, "effort");
  return {
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(isObject(format) && format["type"] === "json_schema"
      ? { response_format: { type: "json_schema", json_schema: { schema: format["schema"] } } }
      : {}),
  };
}
