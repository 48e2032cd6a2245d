import type { EngineMessage } from "../engine-messages.ts";

/** Messages as templates want them: known roles, text for content, the arguments of calls as objects or as JSON text. */
export function templateMessages(
  messages: readonly EngineMessage[],
  objectArguments: boolean,
): Record<string, unknown>[] {
  return messages.map((message) => {
    const { tool_calls: calls, ...rest } = message;
    const plain = {
      ...rest,
      role: message.role === "developer" ? "system" : message.role,
      content: message.content ?? "",
    };
    if (calls === undefined) return plain;
    return {
      ...plain,
      tool_calls: calls.map((call) => ({
        ...call,
        function: {
          ...call.function,
          arguments: objectArguments
            ? asObject(call.function.arguments)
            : asText(call.function.arguments),
        },
      })),
    };
  });
}

function asObject(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    // A model's broken JSON stays as it was.
    return value;
  }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
