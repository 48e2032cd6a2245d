import type { FramedAnswer, FrameStream } from "@qwq-fit/relay";
import {
  type ChatChunk,
  type ChatCompletion,
  createReasoningNormalizer,
  encodeSseJson,
  isObject,
  normalizeReasoning,
  parseJson,
  readFrame,
  type SseFrame,
} from "@qwq-fit/wire";

/** The router's words (`x-qwq-reasoning`). */
export type ReasoningMode = "normalized" | "as-sent" | "thought-first";

/**
 * The answer with its thought in `reasoning_content` (and `reasoning`), whatever the target sent: either name,
 * `thinking`, or tags at the start of the text. Line breaks at the start of the text go.
 */
export function oneReasoning(
  answer: FramedAnswer,
  mode: ReasoningMode,
  asBytes: boolean,
): FramedAnswer {
  const start = mode === "thought-first" ? "thought" : "content";
  const { body } = answer;
  if (typeof body !== "string") {
    return { ...answer, body: { ...body, frames: rewritten(body.frames, start, asBytes) } };
  }
  const value = parseJson(body);
  if (!isObject(value) || !Array.isArray(value["choices"])) return answer;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the relay let it pass as a whole answer
  const completion = value as unknown as ChatCompletion;
  return { ...answer, body: JSON.stringify(normalizeReasoning(completion, { start })) };
}

function rewritten(
  frames: FrameStream["frames"],
  start: "thought" | "content",
  asBytes: boolean,
): FrameStream["frames"] {
  const normalizer = createReasoningNormalizer({ start });
  /** Choices whose text has begun: from there on no tag opens a thought. */
  const begun = new Set<number>();
  const passes = ({ choices }: ChatChunk): boolean =>
    choices.every(({ index, delta }) => {
      const named = delta.reasoning_content ?? undefined;
      if (named === undefined && (delta.reasoning || delta.thinking)) return false;
      return begun.has(index) || !delta.content;
    });
  /** Whether something is held back until the choice ends. */
  const ends = ({ choices }: ChatChunk): boolean =>
    choices.some(({ index, finish_reason: reason }) => Boolean(reason) && !begun.has(index));
  const rewrite = (frame: SseFrame): readonly SseFrame[] => {
    const data = readFrame(frame);
    if (data?.kind !== "chunk" || (passes(data.chunk) && !ends(data.chunk))) return [frame];
    return normalizer.push(data.chunk).map((chunk) => {
      for (const { index, delta } of chunk.choices) if (delta.content) begun.add(index);
      const bytes = asBytes ? encodeSseJson(chunk) : "";
      return { ...frame, bytes: new TextEncoder().encode(bytes), read: { kind: "chunk", chunk } };
    });
  };
  const steps: FrameStream["frames"] = {
    next: async () => {
      for (;;) {
        // One read after the other: that is a stream.
        // oxlint-disable-next-line no-await-in-loop
        const step = await frames.next();
        if (step.done === true) return step;
        const value = step.value.flatMap(rewrite);
        if (value.length > 0) return { done: false, value };
      }
    },
    return: (value) => frames.return(value),
    [Symbol.asyncIterator]: () => steps,
  };
  return steps;
}
