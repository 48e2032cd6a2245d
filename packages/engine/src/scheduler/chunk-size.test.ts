import { expect, test } from "vitest";
import { ChunkSize } from "./chunk-size.ts";

/** Chunks that are chosen one after the other where a batch of n tokens takes `fixed + perToken · n` ms. */
function settle(chunk: ChunkSize, fixedMs: number, perTokenMs: number): number[] {
  return Array.from({ length: 12 }, () => {
    const tokens = chunk.tokens;
    chunk.observe(tokens, fixedMs + perTokenMs * tokens);
    return tokens;
  });
}

test("beside others a chunk ends below its limit, down to one token", () => {
  const last = settle(ChunkSize.shared(100, 512), 20, 2).at(-1) ?? 0;
  expect(20 + 2 * last).toBeLessThanOrEqual(100);
  expect(last).toBeGreaterThan(20);
  expect(settle(ChunkSize.shared(100, 512), 800, 140).at(-1)).toBe(1);
});

test("alone, reading weights is spread over enough tokens, whatever the limit, as a 32B model on two cores needs it", () => {
  const sizes = settle(ChunkSize.alone(1000, 512), 840, 140);
  expect(sizes.slice(0, 2)).toEqual([16, 8]);
  expect(sizes.slice(2)).toEqual(Array.from({ length: 10 }, () => 64));
});

test("alone, a quick machine is bound by its limit alone, a slow one by the most that may be read at once", () => {
  expect(settle(ChunkSize.alone(1000, 512), 10, 0.5).at(-1)).toBe(512);
  expect(Math.max(...settle(ChunkSize.alone(1000, 512), 60_000, 100))).toBe(64);
});

test("alone, a first chunk that was slow by accident is forgotten once a token was decoded", () => {
  const chunk = ChunkSize.alone(1000, 512);
  chunk.observe(16, 9000);
  chunk.observe(8, 1960);
  expect(chunk.tokens).toBe(8);
  chunk.observe(8, 1960, 980);
  expect(chunk.tokens).toBe(64);
});

test("alone, a short prompt between long ones does not shrink their chunks", () => {
  const chunk = ChunkSize.alone(1000, 512);
  settle(chunk, 840, 140);
  expect(chunk.tokens).toBe(64);
  // Each row of a small batch costs more than one of a tile.
  chunk.observe(8, 2226, 980);
  expect(chunk.tokens).toBe(64);
});
