import { readFrame, reasoningOf, type SseFrame } from "@qwq-fit/wire";

/** What one event before the first token is. */
export type HeadKind = "token" | "quiet" | "done" | "error" | "malformed";

/** Reads an event closely: whether it carries something that a caller can show. */
export function headKind(frame: SseFrame): HeadKind {
  const data = readFrame(frame);
  if (data === null) return "quiet";
  if (data.kind !== "chunk") return data.kind;
  for (const choice of data.chunk.choices) {
    const { delta } = choice;
    const text: unknown = Reflect.get(choice, "text");
    if (typeof delta.content === "string" && delta.content !== "") return "token";
    if (reasoningOf(delta) !== undefined || (delta.tool_calls?.length ?? 0) > 0) return "token";
    if (typeof delta.refusal === "string" && delta.refusal !== "") return "token";
    if (typeof text === "string" && text !== "") return "token";
    // An empty answer that ends is an answer.
    if (choice.finish_reason) return "token";
  }
  return "quiet";
}

const encoder = new TextEncoder();

/** A frame of our own making. */
export function frameOf(text: string): SseFrame {
  return { bytes: encoder.encode(text), complete: true, first: false };
}

/** The frames' bytes in one piece, so that one read becomes one write. */
export function joinFrames(frames: readonly SseFrame[]): Uint8Array {
  const [only] = frames;
  if (frames.length === 1 && only !== undefined) return only.bytes;
  let length = 0;
  for (const frame of frames) length += frame.bytes.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const frame of frames) {
    all.set(frame.bytes, at);
    at += frame.bytes.length;
  }
  return all;
}
