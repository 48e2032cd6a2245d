import { reasoningOf } from "../chat/reasoning-of.ts";
import type { ChatMessage } from "../chat/request.ts";
import { OPEN_TAG, splitReasoning } from "./split.ts";

/** The text of a message: its string, or its text parts joined. Other parts have no text. */
export function textOf(content: ChatMessage["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** An assistant message with thought and answer apart. */
export interface AssistantText {
  readonly reasoning: string;
  readonly content: string;
  /** True where the message ends inside its thought. */
  readonly insideThought: boolean;
}

/**
 * Reads an assistant message whatever its sender called the thought: a field of any name, raw tags
 * in the content, or a closing tag alone. A message with a thought and no content ends inside it.
 */
export function readAssistant(message: ChatMessage): AssistantText {
  const text = textOf(message.content);
  const field = reasoningOf(message);
  if (field !== undefined) {
    // Both a field and tags: the field is the thought, the tags are its copy.
    const content = hasThought(text) ? splitReasoning(text).content : text;
    const calls = (message.tool_calls ?? []).length > 0;
    return { reasoning: field, content, insideThought: content === "" && !calls };
  }
  if (!hasThought(text)) return { reasoning: "", content: text, insideThought: false };
  const { reasoning, content, closed } = splitReasoning(text);
  return { reasoning, content, insideThought: !closed };
}

function hasThought(text: string): boolean {
  return text.trimStart().startsWith(OPEN_TAG) || text.includes("</think>");
}

/** The message as history: its thought dropped, whatever it was called; other fields untouched. */
export function withoutReasoning(message: ChatMessage): ChatMessage {
  if (message.role !== "assistant") return message;
  const { reasoning_content: _a, reasoning: _b, thinking: _c, ...rest } = message;
  const text = textOf(message.content);
  return hasThought(text) ? { ...rest, content: readAssistant(message).content } : rest;
}
