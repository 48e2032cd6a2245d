import type { BatchItem } from "./scheduler-types.ts";

/** A stream that has its slot. */
export interface RunningStream {
  readonly id: number;
  readonly slot: number;
  readonly fairnessKey: string;
  readonly prompt: readonly number[];
  /** Tokens of the prompt that are in the cache. */
  processed: number;
  /** Tokens to feed once the prompt is read: the one just sampled, or forced ones. */
  next: number[];
  /** Position of the next token. */
  position: number;
  /** Counter of the last batch in which its prompt had a share. */
  servedAt: number;
  cancelled: boolean;
}

/**
 * Tokens that matrix kernels compute at once; a part costs as much as a whole (llama.cpp v0.5.0
 * ggml/src/ggml-cpu/amx/mmq.cpp, ggml_backend_amx_mul_mat: BLOCK_M = 2 · TILE_M; measured there: 33 rows take as long as 64).
 */
export const TILE_TOKENS = 32;

/** How much of `room` to fill so that the batch, with `beside` other tokens in it, ends at the edge of a tile. */
function wholeTiles(room: number, beside: number): number {
  const whole = Math.floor((room + beside) / TILE_TOKENS) * TILE_TOKENS - beside;
  // Below one tile each token costs little more. Never less than half: prompts must go on beside many streams.
  return whole > 0 && whole >= room / 2 ? whole : room;
}

/**
 * The items of the next batch. Decode first: every stream that has tokens to feed is in it. What is left of the batch, up
 * to `chunkTokens` and to the edge of a tile, reads prompts: first that of the caller whose turn is longest ago. Empty when
 * nothing can be done.
 */
export function nextBatch(
  streams: Iterable<RunningStream>,
  batchTokens: number,
  chunkTokens: number,
): BatchItem[] {
  const items: BatchItem[] = [];
  const reading: RunningStream[] = [];
  let room = batchTokens;
  for (const stream of streams) {
    if (stream.cancelled) continue;
    if (stream.processed < stream.prompt.length) {
      reading.push(stream);
      continue;
    }
    const count = Math.min(stream.next.length, room);
    if (count === 0) continue;
    items.push({
      stream: stream.id,
      slot: stream.slot,
      position: stream.position,
      tokens: stream.next.slice(0, count),
      kind: "decode",
      sample: count === stream.next.length,
    });
    room -= count;
  }
  const turns = new Map<string, number>();
  for (const { fairnessKey, servedAt } of reading) {
    turns.set(fairnessKey, Math.max(turns.get(fairnessKey) ?? 0, servedAt));
  }
  const turn = (stream: RunningStream): number => turns.get(stream.fairnessKey) ?? 0;
  reading.sort((a, b) => turn(a) - turn(b) || a.servedAt - b.servedAt || a.id - b.id);
  room = wholeTiles(Math.min(room, chunkTokens), batchTokens - room);
  for (const stream of reading) {
    const count = Math.min(stream.prompt.length - stream.processed, room);
    if (count === 0) break;
    items.push({
      stream: stream.id,
      slot: stream.slot,
      position: stream.processed,
      tokens: stream.prompt.slice(stream.processed, stream.processed + count),
      kind: "prefill",
      sample: stream.processed + count === stream.prompt.length,
    });
    room -= count;
  }
  return items;
}
