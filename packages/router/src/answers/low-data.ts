import {
  type ChatChunk,
  type ChatDelta,
  isObject,
  parseJson,
  reasoningDelta,
  reasoningOf,
} from "@qwq-fit/wire";
import type { LogEvent } from "./log.ts";

/** How thinking is told: as it is, as a count of its pieces, or not at all. */
export type Thinking = "full" | "progress" | "none";

/** An event as one reader sees it; `id` is the place of the last event that went into it. */
export interface SeenEvent extends LogEvent {
  readonly id: number;
}

/** What an event is, for joining. */
type Piece =
  | { readonly kind: "content" | "thought"; readonly text: string; readonly chunk: ChatChunk }
  | { readonly kind: "other"; readonly chunk: ChatChunk | null };

/** Neighbours that are being joined. */
interface Open {
  readonly kind: "content" | "thought";
  readonly text: string;
  readonly chunk: ChatChunk;
  readonly id: number;
}

const TEXTS: ReadonlySet<string> = new Set(["content", "reasoning_content", "reasoning"]);
const CHUNK = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "system_fingerprint",
  "usage",
]);

// oxlint-disable typescript/no-unsafe-type-assertion -- checked as far as it is read
function chunkOf({ name, data }: LogEvent): ChatChunk | null {
  if (name !== null || !data.startsWith("{")) return null;
  const value = parseJson(data);
  const isChunk = isObject(value) && Array.isArray(value["choices"]);
  return isChunk ? (value as unknown as ChatChunk) : null;
}
// oxlint-enable typescript/no-unsafe-type-assertion

/** Only a chunk that holds nothing but text of its one choice may be joined: anything else passes as it is. */
function pieceOf(event: LogEvent): Piece {
  const chunk = chunkOf(event);
  const [choice, more] = chunk?.choices ?? [];
  const other = { kind: "other", chunk } as const;
  if (chunk === null || choice === undefined || more !== undefined || choice.index !== 0)
    return other;
  const { delta } = choice;
  const plain =
    isObject(delta) &&
    Object.keys(chunk).every((key) => CHUNK.has(key)) &&
    (chunk.usage ?? null) === null &&
    (choice.finish_reason ?? null) === null &&
    (choice.logprobs ?? null) === null &&
    Object.entries(delta).every(([key, value]) => TEXTS.has(key) || value === null);
  if (!plain) return other;
  const thought = reasoningOf(delta);
  if (typeof delta.content === "string" && delta.content !== "") {
    return thought === undefined ? { kind: "content", text: delta.content, chunk } : other;
  }
  return thought === undefined ? other : { kind: "thought", text: thought, chunk };
}

const withDelta = (chunk: ChatChunk, delta: ChatDelta): ChatChunk => ({
  ...chunk,
  choices: [{ index: 0, delta, finish_reason: null }],
});

/** How many of the first `count` events are thinking. */
export function countThoughts(events: readonly LogEvent[], count: number): number {
  let thoughts = 0;
  for (const event of events.slice(0, count)) if (pieceOf(event).kind === "thought") thoughts += 1;
  return thoughts;
}

/**
 * Joins neighbours: text to text, thinking to thinking. Thinking becomes one chunk without text that counts its
 * pieces since the answer began (`qwq.thinking`), or nothing. The content's text is the same.
 */
export function joinEvents(
  events: readonly SeenEvent[],
  thinking: Thinking,
  thoughtsBefore: number,
): { readonly events: readonly SeenEvent[]; readonly thoughts: number } {
  const joined: SeenEvent[] = [];
  let thoughts = thoughtsBefore;
  // An array of none or one: a variable that a closure empties would be taken for empty ever after.
  const open: Open[] = [];
  const close = (): void => {
    const last = open.pop();
    if (last === undefined) return;
    const { kind, text, chunk, id } = last;
    if (kind === "thought" && thinking === "none") return;
    const made =
      kind === "content"
        ? withDelta(chunk, { content: text })
        : thinking === "full"
          ? withDelta(chunk, reasoningDelta(text))
          : { ...withDelta(chunk, {}), qwq: { thinking: thoughts } };
    joined.push({ id, name: null, data: JSON.stringify(made) });
  };
  for (const event of events) {
    const piece = pieceOf(event);
    if (piece.kind === "other") {
      close();
      joined.push(thinking === "full" ? event : withoutThought(event, piece.chunk));
      continue;
    }
    if (open[0] !== undefined && open[0].kind !== piece.kind) close();
    if (piece.kind === "thought") thoughts += 1;
    const before = open.pop()?.text ?? "";
    open.push({ ...piece, text: before + piece.text, id: event.id });
  }
  close();
  return { events: joined, thoughts };
}

/** A mixed chunk with its thinking left out. */
function withoutThought(event: SeenEvent, chunk: ChatChunk | null): SeenEvent {
  if (chunk === null || !chunk.choices.some((one) => reasoningOf(one.delta) !== undefined))
    return event;
  const choices = chunk.choices.map((choice) => {
    const { reasoning: _one, reasoning_content: _two, ...delta } = choice.delta;
    return { ...choice, delta };
  });
  return { ...event, data: JSON.stringify({ ...chunk, choices }) };
}
