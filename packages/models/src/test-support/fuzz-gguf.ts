import type { ModelEntry, ModelProfile } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import type { ByteSource } from "../gguf/byte-source.ts";
import { readGgufHeader } from "../gguf/read-header.ts";
import { tensorType } from "../ggml/tensor-types.ts";
import { layoutTensors } from "../layout/layout-tensors.ts";
import { modelFromGguf } from "../profile/from-gguf.ts";
import { entryMetadata } from "../write/entry-metadata.ts";
import { encodeHeader } from "../write/gguf-encoder.ts";

/** What came of a run: how often each outcome, and the worst case's cost. */
export interface FuzzReport {
  readonly outcomes: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  readonly mostBytesRead: number;
}

/** What a mutated header may end in. Anything else is a defect, and is thrown with its case's number. */
const ALLOWED: ReadonlySet<string> = new Set(["invalid_gguf", "unsupported_model"]);

/**
 * Mutates valid headers by a seed, reads each and makes a profile of what still reads.
 * Throws where one ends in anything but a profile or a typed error.
 */
export async function fuzzGguf(
  entries: readonly ModelEntry[],
  cases: number,
  seed: number,
): Promise<FuzzReport> {
  const headers = entries.map((entry) => smallHeader(entry, entry.hyperparameters));
  const outcomes = new Map<string, number>();
  let slowestMs = 0;
  let mostBytesRead = 0;
  for (let index = 0; index < cases; index++) {
    const next = createRandom(seed + index);
    const entry = entries[index % entries.length];
    const bytes =
      entry !== undefined && next(2) === 0
        ? smallHeader(entry, oddHyperparameters(entry, next))
        : mutate(headers[index % headers.length] ?? new Uint8Array(0), next);
    const source = countingSource(bytes, next(2) === 0);
    const start = performance.now();
    const outcome = await outcomeOf(source, seed + index);
    slowestMs = Math.max(slowestMs, performance.now() - start);
    mostBytesRead = Math.max(mostBytesRead, source.bytesRead());
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return { outcomes, slowestMs, mostBytesRead };
}

async function outcomeOf(source: ByteSource, seed: number): Promise<string> {
  try {
    const profile = modelFromGguf([await readGgufHeader(source)], source.name);
    if (isSane(profile)) return "read";
    throw new Error(`a profile with senseless numbers: ${summary(profile)}`);
  } catch (error) {
    if (error instanceof QwqError && ALLOWED.has(error.code)) return error.code;
    throw new Error(`case of seed ${seed} ends in a fault of another kind`, { cause: error });
  }
}

/** Whether a profile has blocks, and no number in it is NaN, infinite or negative. */
function isSane(profile: ModelProfile): boolean {
  const caches = profile.blocks.flatMap((block) => Object.values(block.cache));
  const values = [...Object.values(profile), ...Object.values(profile.experts ?? {}), ...caches];
  return (
    profile.blocks.length > 0 &&
    values.every((value) => typeof value !== "number" || (Number.isFinite(value) && value >= 0))
  );
}

function summary(profile: ModelProfile): string {
  return JSON.stringify({ ...profile, blocks: [...new Set(profile.blocks)], weights: [] });
}

/** A header of this shape with a small vocabulary, of some ten KiB, that states these hyperparameters. */
function smallHeader(
  entry: ModelEntry,
  hyperparameters: ModelEntry["hyperparameters"],
): Uint8Array {
  const small = { ...entry, vocabularySize: 300 };
  const records = layoutTensors(small, "Q4_K_M").map((tensor) => ({
    ...tensor,
    typeId: tensorType(tensor.type).id,
  }));
  return encodeHeader(entryMetadata({ ...small, hyperparameters }, "Q4_K_M"), records).bytes;
}

const ODD_VALUES: readonly (number | boolean | string | readonly number[])[] = [
  0,
  1,
  3,
  511,
  513,
  2 ** 31,
  2 ** 32 - 1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  true,
  "text",
  [],
  [1, 2],
  [-1],
];

/** Up to three hyperparameters get values that no model has, or are left out. */
function oddHyperparameters(
  entry: ModelEntry,
  next: (below: number) => number,
): ModelEntry["hyperparameters"] {
  const pairs = Object.entries(entry.hyperparameters);
  for (let left = next(3); left >= 0; left--) {
    const place = next(pairs.length);
    const value = ODD_VALUES[next(ODD_VALUES.length + 1)];
    if (value === undefined) pairs.splice(place, 1);
    else pairs[place] = [pairs[place]?.[0] ?? "", value];
  }
  return Object.fromEntries(pairs);
}

/** Numbers at which readers break. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  0xffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 60n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function mutate(header: Uint8Array, next: (below: number) => number): Uint8Array {
  let bytes = Uint8Array.from(header);
  for (let left = next(6); left >= 0; left--) bytes = mutateOnce(bytes, next);
  return bytes;
}

function mutateOnce(
  bytes: Uint8Array<ArrayBuffer>,
  next: (below: number) => number,
): Uint8Array<ArrayBuffer> {
  const at = next(Math.max(bytes.length, 1));
  const view = new DataView(bytes.buffer);
  const edge = EDGES[next(EDGES.length)] ?? 0n;
  switch (next(7)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
      return bytes;
    case 1:
      bytes[at] = next(256);
      return bytes;
    case 2:
      if (at + 8 <= bytes.length) view.setBigUint64(at, edge, true);
      return bytes;
    case 3:
      if (at + 4 <= bytes.length) view.setUint32(at, Number(edge % 2n ** 32n), true);
      return bytes;
    case 4:
      return bytes.slice(0, at);
    case 5:
      return spliced(bytes, at, 0, bytes.subarray(at, at + next(64)));
    default:
      return spliced(bytes, at, next(64), new Uint8Array(0));
  }
}

function spliced(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  removed: number,
  added: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...bytes.subarray(0, at), ...added, ...bytes.subarray(at + removed)]);
}

function countingSource(
  bytes: Uint8Array,
  knowsSize: boolean,
): ByteSource & { bytesRead: () => number } {
  let count = 0;
  return {
    name: "fuzz",
    size: knowsSize ? bytes.length + 2 ** 36 : null,
    read: (offset, length) => {
      const piece = bytes.subarray(offset, offset + length);
      count += piece.length;
      return Promise.resolve(piece);
    },
    bytesRead: () => count,
  };
}

/** Mulberry32 by Tommy Ettinger: whole numbers below a bound, the same for a seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
