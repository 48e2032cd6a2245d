import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { BlockAllocator } from "./block-allocator.ts";

describe("BlockAllocator", () => {
  test("puts what fits into the smallest hole", () => {
    const allocator = new BlockAllocator(32, Number.MAX_SAFE_INTEGER);
    const [a, , c] = [100, 32, 64, 32].map((bytes) => allocator.allocate(bytes));
    allocator.release(0, a?.offset ?? -1, 100);
    allocator.release(0, c?.offset ?? -1, 64);
    expect(allocator.allocate(60).offset).toBe(c?.offset);
    expect(allocator.allocate(60).offset).toBe(a?.offset);
    expect(allocator.peaks).toEqual([128 + 32 + 64 + 32]);
  });

  test("grows at the end only where no hole is big enough", () => {
    const allocator = new BlockAllocator(32, Number.MAX_SAFE_INTEGER);
    const first = allocator.allocate(64);
    allocator.allocate(32);
    allocator.release(0, first.offset, 64);
    expect(allocator.allocate(96).offset).toBe(96);
    expect(allocator.peaks).toEqual([192]);
  });

  test("opens a new chunk at the backend's largest buffer", () => {
    const allocator = new BlockAllocator(32, 1024);
    expect(allocator.allocate(1000).chunk).toBe(0);
    expect(allocator.allocate(1000).chunk).toBe(1);
    expect(allocator.allocate(5000).chunk).toBe(2);
    expect(allocator.peaks).toEqual(
      [1024 - 0, 1024, 5024].map((bytes) => Math.floor(bytes / 32) * 32),
    );
  });

  test("never gives the same byte twice, and takes everything back", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 60 });
    const order = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(sizes, order, (bytes, picks) => {
        const allocator = new BlockAllocator(32, 8192);
        const live: { chunk: number; offset: number; size: number }[] = [];
        const [...pick] = picks.take(bytes.length * 2);
        for (const [index, size] of bytes.entries()) {
          const at = { ...allocator.allocate(size), size: allocator.align(size) };
          for (const other of live) {
            const apart =
              other.chunk !== at.chunk ||
              other.offset + other.size <= at.offset ||
              at.offset + at.size <= other.offset;
            expect(apart).toBe(true);
          }
          live.push(at);
          if ((pick[index] ?? 0) % 2 === 0) {
            const [gone] = live.splice((pick[index + 1] ?? 0) % live.length, 1);
            if (gone !== undefined) allocator.release(gone.chunk, gone.offset, gone.size);
          }
        }
        const peaks = allocator.peaks.reduce((sum, peak) => sum + peak, 0);
        for (const { chunk, offset, size } of live) allocator.release(chunk, offset, size);
        allocator.allocate(Math.min(32, peaks));
        expect(allocator.peaks.reduce((sum, peak) => sum + peak, 0)).toBe(peaks);
      }),
    );
  });
});
