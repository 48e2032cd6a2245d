import { type AnswerSource, deltaAt } from "../answer-source.ts";

/** What a container streams: the piece before each token, in its own form, and how it ends. */
export type ContainerKind = "sse" | "json-lines" | "tgi" | "lmi";

export const CONTAINER_KINDS: readonly ContainerKind[] = ["sse", "json-lines", "tgi", "lmi"];

/** The content type that the container names. */
export const TYPE_OF: Readonly<Record<ContainerKind, string>> = {
  sse: "text/event-stream",
  "json-lines": "application/jsonlines",
  tgi: "text/event-stream; charset=utf-8",
  lmi: "application/jsonlines",
};

/** Whether the container tells thought apart; the others have text alone. */
export const tellsThought = (kind: ContainerKind): boolean =>
  kind === "sse" || kind === "json-lines";

/** The source as a container of this kind can tell it. */
export const sourceAs = (kind: ContainerKind, source: AnswerSource): AnswerSource =>
  tellsThought(kind) ? source : { thought: [], answer: source.answer };

const chunk = (delta: unknown, finish: string | null = null): string =>
  JSON.stringify({
    id: "x",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

/** A stream's pieces: `tokens` each whole, then the `end` in pieces. */
export interface ContainerBody {
  readonly head: readonly string[];
  readonly tokens: readonly string[];
  readonly end: readonly string[];
  /** A failure told inside the stream, as this container tells it. */
  readonly error: string;
}

/** The stream of an answer from token `start` on. */
export function bodyOf(
  kind: ContainerKind,
  source: AnswerSource,
  start: number,
  lineEnd: string,
): ContainerBody {
  const total = source.thought.length + source.answer.length;
  const places = Array.from({ length: total - start }, (_, i) => start + i);
  const event = (data: string): string => `data: ${data}${lineEnd}${lineEnd}`;
  // TGI leaves the space out.
  const tight = (data: string): string => `data:${data}${lineEnd}${lineEnd}`;
  const inner = { message: "secret inner text at /opt/ml/model/code.py", type: "x", code: 500 };
  switch (kind) {
    case "sse":
      return {
        head: [event(chunk({ role: "assistant", content: "" }))],
        tokens: places.map((i) => event(chunk(deltaAt(source, i)))),
        end: [event(chunk({}, "stop")), event("[DONE]")],
        error: event(JSON.stringify({ error: inner })),
      };
    case "json-lines":
      return {
        head: [`${chunk({ role: "assistant", content: "" })}${lineEnd}`, lineEnd],
        tokens: places.map((i) => `${chunk(deltaAt(source, i))}${lineEnd}`),
        end: [`${chunk({}, "stop")}${lineEnd}`, lineEnd],
        error: `${JSON.stringify({ error: inner })}${lineEnd}`,
      };
    case "tgi": {
      const token = (i: number, last: boolean): string =>
        JSON.stringify({
          index: i + 1,
          token: {
            id: i,
            text: last ? "<|im_end|>" : source.answer[i],
            logprob: -0.1,
            special: last,
          },
          generated_text: last ? source.answer.join("") : null,
          details: last
            ? { finish_reason: "eos_token", generated_tokens: total, input_length: 3 }
            : null,
        });
      return {
        head: [],
        tokens: places.map((i) => tight(token(i, false))),
        end: [tight(token(total, true))],
        error: tight(JSON.stringify({ error: inner.message, error_type: "generation" })),
      };
    }
    case "lmi": {
      const token = (i: number): object => ({
        token: { id: i, text: source.answer[i], log_prob: -0.1 },
      });
      const line = (value: object): string => `${JSON.stringify(value)}${lineEnd}`;
      return {
        head: [],
        tokens: places.map((i) => line(token(i))),
        end: [
          line({
            token: { id: total, text: "", log_prob: 0 },
            generated_text: source.answer.join(""),
            details: { finish_reason: "eos_token", generated_tokens: total, inputs: null },
          }),
        ],
        error: line({ error: inner.message, code: 424 }),
      };
    }
  }
}

/** The whole answer without a stream. */
export function wholeOf(kind: ContainerKind, source: AnswerSource, start: number): string {
  const content = source.answer.slice(Math.max(0, start - source.thought.length)).join("");
  const thought = source.thought.slice(start).join("");
  if (kind === "tgi") {
    const details = { finish_reason: "eos_token", generated_tokens: source.answer.length };
    return JSON.stringify([{ generated_text: content, details }]);
  }
  if (kind === "lmi") return JSON.stringify({ generated_text: content });
  const message = { role: "assistant", content, reasoning_content: thought };
  return JSON.stringify({
    id: "x",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  });
}
