import { isObject, stringField } from "../json.ts";
import type { Checker } from "./problem.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];

/** Checks `messages` as far as anything reads them. */
export function checkMessages(messages: unknown, check: Checker, maxMessages: number): void {
  if (
    !check.expect(
      Array.isArray(messages) && messages.length > 0,
      "messages",
      "`messages` must be a list with at least one message",
      "invalid_request",
    ) ||
    !Array.isArray(messages)
  ) {
    return;
  }
  if (
    !check.expect(messages.length <= maxMessages, "messages", `more than ${maxMessages} messages`)
  )
    return;
  for (const [index, message] of messages.entries()) {
    checkMessage(message, `messages[${index}]`, check);
  }
}

function checkMessage(message: unknown, at: string, check: Checker): void {
  if (!check.expect(isObject(message), at, `${at} must be an object`) || !isObject(message)) return;
  const role = message["role"];
  check.expect(
    typeof role === "string" && ROLES.includes(role),
    `${at}.role`,
    `\`role\` must be one of ${ROLES.join(", ")}`,
  );
  checkContent(message["content"], role, `${at}.content`, check);
  if (role === "tool") {
    check.expect(
      typeof message["tool_call_id"] === "string",
      `${at}.tool_call_id`,
      "a tool message needs the `tool_call_id` that it answers",
    );
  }
  const calls = message["tool_calls"] ?? [];
  if (!check.expect(Array.isArray(calls), `${at}.tool_calls`, "`tool_calls` must be a list"))
    return;
  for (const [index, call] of (Array.isArray(calls) ? calls : []).entries()) {
    const inner = isObject(call) ? call["function"] : undefined;
    check.expect(
      stringField(inner, "name") !== undefined && stringField(inner, "arguments") !== undefined,
      `${at}.tool_calls[${index}]`,
      "a tool call needs `function.name` and `function.arguments` (JSON as text)",
    );
  }
}

function checkContent(content: unknown, role: unknown, at: string, check: Checker): void {
  if (typeof content === "string") return;
  if (content === null || content === undefined) {
    check.expect(role === "assistant", at, `a ${String(role)} message needs \`content\``);
    return;
  }
  if (!check.expect(Array.isArray(content), at, "`content` must be text or a list of parts"))
    return;
  for (const [index, part] of (Array.isArray(content) ? content : []).entries()) {
    const type = stringField(part, "type");
    check.expect(type !== undefined, `${at}[${index}].type`, "a content part needs a `type`");
    if (type === "text") {
      check.expect(
        stringField(part, "text") !== undefined,
        `${at}[${index}].text`,
        "a text part needs `text`",
      );
    }
  }
}
