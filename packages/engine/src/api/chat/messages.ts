import { readAssistant, textOf, withoutReasoning } from "@qwq-fit/wire";
import type { ChatMessage, ChatRequest, ChatTool, ToolCall } from "@qwq-fit/wire";
import type { EngineMessage, EngineTool, EngineToolCall } from "../../engine-messages.ts";
import { fieldError } from "../http-error.ts";

/**
 * The messages of a request as chat templates read them: text only, thoughts dropped from history. With
 * `continue_final_message` the last one keeps its thought: it is gone on with.
 */
export function engineMessages(request: ChatRequest): EngineMessage[] {
  const last = request.messages.length - 1;
  return request.messages.map((message, index) => {
    refuseImages(message, index);
    return request.continue_final_message === true && index === last
      ? continuedMessage(message)
      : historyMessage(message);
  });
}

/** Whether the request ends inside a thought that is to be continued. */
export function continuesThought(request: ChatRequest): boolean {
  const last = request.messages.at(-1);
  return (
    request.continue_final_message === true &&
    last?.role === "assistant" &&
    readAssistant(last).insideThought
  );
}

function historyMessage(message: ChatMessage): EngineMessage {
  const { role, content, name, tool_calls, tool_call_id } = withoutReasoning(message);
  const hasContent = content !== null && content !== undefined;
  return {
    role: role === "function" ? "tool" : role,
    content: hasContent ? textOf(content) : null,
    ...(name === undefined ? {} : { name }),
    ...(tool_calls === undefined ? {} : { tool_calls: tool_calls.map(engineToolCall) }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
  };
}

function continuedMessage(message: ChatMessage): EngineMessage {
  const { reasoning, content } = readAssistant(message);
  return {
    role: "assistant",
    content: content === "" ? null : content,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
  };
}

function refuseImages(message: ChatMessage, index: number): void {
  if (typeof message.content === "string" || !Array.isArray(message.content)) return;
  const other = message.content.findIndex(
    (part) => part.type !== "text" && part.type !== "refusal",
  );
  if (other === -1) return;
  throw fieldError(
    "unsupported_combination",
    `messages[${index}].content[${other}]`,
    "this model reads text only",
  );
}

/** Templates write the arguments as JSON: parsed where they are, so the text is not quoted twice. */
function engineToolCall(call: ToolCall): EngineToolCall {
  return { id: call.id, type: "function", function: { ...call.function } };
}

/** The tools as templates read them. */
export function engineTools(tools: readonly ChatTool[]): EngineTool[] {
  return tools.map(({ function: { name, description, parameters, strict } }) => ({
    type: "function",
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(typeof strict === "boolean" ? { strict } : {}),
    },
  }));
}
