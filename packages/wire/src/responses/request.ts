import type { ChatMessage, ChatRequest, ContentPart, ToolCall } from "../chat/request.ts";
import type { JsonObject } from "../json.ts";
import { isObject, stringField } from "../json.ts";
import { readChatRequest } from "../validate/chat-request.ts";
import { createChecker } from "../validate/problem.ts";
import type { Checked, Checker } from "../validate/problem.ts";

/** Fields that need a store, which a stateless server has not. */
const STATEFUL = ["previous_response_id", "conversation", "prompt"];

/**
 * A `POST /v1/responses` body as a chat completion request. Stateless: what would need a stored
 * response is refused; `store` is taken and ignored (the answer says false).
 */
export function chatFromResponses(body: unknown): Checked<ChatRequest> {
  const check = createChecker();
  if (!isObject(body)) {
    check.expect(false, "", "the body must be a JSON object", "invalid_request");
    return { ok: false, problems: check.problems };
  }
  for (const name of STATEFUL) {
    const absent = body[name] === undefined || body[name] === null;
    check.expect(absent, name, `\`${name}\` needs stored responses`, "unsupported_combination");
  }
  check.expect(body["background"] !== true, "background", "no background responses here");
  check.number(body, "max_output_tokens", { least: 1, integer: true });
  const messages = messagesOf(body, check);
  const tools = toolsOf(body["tools"], check);
  if (check.problems.length > 0) return { ok: false, problems: check.problems };
  return readChatRequest({
    model: body["model"],
    messages,
    stream: body["stream"],
    ...copied(body),
    ...(body["stream"] === true ? { stream_options: { include_usage: true } } : {}),
    max_completion_tokens: body["max_output_tokens"],
    ...(tools.length > 0 ? { tools, tool_choice: toolChoiceOf(body["tool_choice"]) } : {}),
    response_format: formatOf(body["text"]),
    reasoning_effort: isObject(body["reasoning"]) ? body["reasoning"]["effort"] : undefined,
  });
}

const COPIED = [
  "temperature",
  "top_p",
  "top_k",
  "min_p",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "parallel_tool_calls",
  "user",
  "chat_template_kwargs",
  "thinking_budget",
];

function copied(body: JsonObject): JsonObject {
  return Object.fromEntries(
    COPIED.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]),
  );
}

function messagesOf(body: JsonObject, check: Checker): ChatMessage[] {
  const { input, instructions } = body;
  const messages: ChatMessage[] = [];
  if (typeof instructions === "string") messages.push({ role: "system", content: instructions });
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  const isList = Array.isArray(input) && input.length > 0;
  check.expect(isList, "input", "`input` must be text or a list of items", "invalid_request");
  const items: unknown[] = Array.isArray(input) ? input : [];
  for (const [index, item] of items.entries()) addItem(messages, item, `input[${index}]`, check);
  return messages;
}

/** Items of one assistant turn (reasoning, message, calls) become one message. */
function addItem(messages: ChatMessage[], item: unknown, at: string, check: Checker): void {
  const type = stringField(item, "type") ?? "message";
  if (!check.expect(isObject(item), at, `${at} must be an object`) || !isObject(item)) return;
  if (type === "message") {
    const role = stringField(item, "role");
    const content = contentOf(item["content"], `${at}.content`, check);
    if (role === "assistant") joinTurn(messages, { content });
    else if (role === "user" || role === "system" || role === "developer") {
      messages.push({ role, content });
    } else check.expect(false, `${at}.role`, "`role` must be user, assistant, system or developer");
  } else if (type === "reasoning") {
    const text = partsText(item["content"]) || partsText(item["summary"]);
    if (text !== "") joinTurn(messages, { reasoning_content: text });
  } else if (type === "function_call") {
    const call: ToolCall = {
      id: stringField(item, "call_id") ?? "",
      type: "function",
      function: {
        name: stringField(item, "name") ?? "",
        arguments: stringField(item, "arguments") ?? "",
      },
    };
    joinTurn(messages, { tool_calls: [call] });
  } else if (type === "function_call_output") {
    const output = item["output"];
    messages.push({
      role: "tool",
      tool_call_id: stringField(item, "call_id") ?? "",
      content: typeof output === "string" ? output : partsText(output),
    });
  } else {
    check.expect(false, `${at}.type`, `items of type \`${type}\` are not known here`);
  }
}

function joinTurn(
  messages: ChatMessage[],
  fields: Pick<ChatMessage, "content" | "reasoning_content" | "tool_calls">,
): void {
  const last = messages.at(-1);
  const startsTurn =
    last?.role !== "assistant" ||
    fields.reasoning_content !== undefined ||
    (fields.content !== undefined && last.content !== undefined && last.content !== null) ||
    (fields.content !== undefined && last.tool_calls !== undefined);
  if (startsTurn || last === undefined) {
    messages.push({ role: "assistant", content: null, ...fields });
    return;
  }
  const calls = [...(last.tool_calls ?? []), ...(fields.tool_calls ?? [])];
  messages[messages.length - 1] = {
    ...last,
    ...fields,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

const TEXT_PARTS = ["input_text", "output_text", "text", "summary_text", "reasoning_text"];

function contentOf(content: unknown, at: string, check: Checker): string | ContentPart[] {
  if (typeof content === "string") return content;
  if (!check.expect(Array.isArray(content), at, "`content` must be text or a list of parts")) {
    return "";
  }
  const list: unknown[] = Array.isArray(content) ? content : [];
  const parts = list.flatMap((part, index): ContentPart[] => {
    const type = stringField(part, "type") ?? "";
    const text = stringField(part, "text") ?? stringField(part, "refusal");
    const url = stringField(part, "image_url");
    if ((TEXT_PARTS.includes(type) || type === "refusal") && text !== undefined) {
      return [{ type: "text", text }];
    }
    if (type === "input_image" && url !== undefined) {
      return [{ type: "image_url", image_url: { url } }];
    }
    check.expect(false, `${at}[${index}]`, `a part of type \`${type}\` cannot be read here`);
    return [];
  });
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === parts.length ? texts.join("") : parts;
}

function partsText(parts: unknown): string {
  if (typeof parts === "string") return parts;
  return (Array.isArray(parts) ? parts : [])
    .map((part) => stringField(part, "text") ?? "")
    .join("");
}

function toolsOf(tools: unknown, check: Checker): JsonObject[] {
  return (Array.isArray(tools) ? tools : []).flatMap((tool: unknown, index) => {
    if (stringField(tool, "type") !== "function" || !isObject(tool)) {
      const message = `tools of type \`${stringField(tool, "type")}\` run at OpenAI only`;
      check.expect(false, `tools[${index}].type`, message, "unsupported_combination");
      return [];
    }
    const { type, name, description, parameters, strict } = tool;
    const inner = { name, description, parameters, strict };
    const given = Object.entries(inner).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    return [{ type, function: Object.fromEntries(given) }];
  });
}

function toolChoiceOf(choice: unknown): unknown {
  if (!isObject(choice)) return choice;
  if (choice["type"] === "function") {
    return { type: "function", function: { name: choice["name"] } };
  }
  return choice["type"] === "allowed_tools" ? (choice["mode"] ?? "auto") : choice;
}

function formatOf(text: unknown): unknown {
  const format = isObject(text) ? text["format"] : undefined;
  if (!isObject(format) || format["type"] !== "json_schema") return format;
  const { type, ...inner } = format;
  return { type, json_schema: inner };
}
