import { reasoningOf } from "./reasoning-of.ts";
import type { ChatChunk, ChatCompletion, ChatDelta, ChunkChoice } from "./response.ts";

/**
 * A whole answer as the chunks of a stream: role first, then reasoning, content, tool calls, the
 * finish reason, and with `includeUsage` a last chunk without choices. Assembled again they give
 * the same answer.
 */
export function chunksOf(
  completion: ChatCompletion,
  options: { readonly includeUsage?: boolean } = {},
): ChatChunk[] {
  const { choices, usage, object: _object, ...head } = completion;
  const chunk = (choice: ChunkChoice): ChatChunk => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [choice],
  });
  const chunks = choices.flatMap(({ message, ...choice }) => {
    const { index } = choice;
    const reasoning = reasoningOf(message);
    const deltas: ChatDelta[] = [{ role: "assistant" }];
    if (reasoning !== undefined) deltas.push(reasoningDelta(reasoning));
    if (message.content !== null) deltas.push({ content: message.content });
    if (typeof message.refusal === "string") deltas.push({ refusal: message.refusal });
    for (const [position, call] of (message.tool_calls ?? []).entries()) {
      deltas.push({ tool_calls: [{ index: position, ...call }] });
    }
    return [
      ...deltas.map((delta) => chunk({ index, delta, finish_reason: null })),
      chunk({ ...choice, delta: {} }),
    ];
  });
  if (options.includeUsage && usage) {
    chunks.push({ ...head, object: "chat.completion.chunk", choices: [], usage });
  }
  return chunks;
}

/** A piece of reasoning under both names that clients read. */
export function reasoningDelta(text: string): ChatDelta {
  return { reasoning_content: text, reasoning: text };
}
