import fc from "fast-check";
import { expect, test } from "vitest";
import { Scheduler } from "./scheduler.ts";
import { SimulatedEngine } from "./simulated-engine.ts";

interface Wanted {
  readonly prompt: number[];
  readonly output: number[];
  given: number;
}

/** Prompts that share beginnings, so that caches are kept, trimmed and copied. */
const aPrompt = fc
  .tuple(
    fc.constantFrom(0, 7, 40),
    fc.constantFrom(1, 2),
    fc.integer({ min: 1, max: 60 }),
    fc.nat(3),
  )
  .map(([shared, family, own, seed]) => [
    ...Array.from({ length: shared }, (_, i) => family * 1000 + i),
    ...Array.from({ length: own }, (_, i) => seed * 10_000 + i),
  ]);
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      prompt: aPrompt,
      output: fc.integer({ min: 1, max: 12 }),
      key: fc.constantFrom("a", "b"),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("run" as const),
      lose: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(20) }) },
);

test("whatever comes and goes: every stream's cache is its prompt and what it was fed, in order, and all are served", () => {
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 5, maxLength: 120 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 4, max: 64 }),
      fc.boolean(),
      (actions, slots, batchTokens, canCopy) => {
        const scheduler = new Scheduler({
          slots,
          contextTokens: 200,
          batchTokens,
          queueLimit: 3,
          chunkMs: 20,
          aloneChunkMs: 50,
          canCopy,
        });
        const engine = new SimulatedEngine(scheduler, slots, batchTokens, {
          baseMs: 2,
          perTokenMs: 1,
        });
        const streams = new Map<number, Wanted>();
        const decoding = new Set<number>();
        let next = 1;
        let served = 0;
        const run = (lose: number): boolean => {
          const sampled = engine.run((slot) => lose > 7 && slot === 0);
          if (sampled === null) return false;
          const step = engine.steps.at(-1);
          // Decode first: who was decoding is in the batch.
          if (sampled.length > 0 && step !== undefined) {
            const inBatch = new Set(step.items.map((item) => item.stream));
            const leftOut = [...decoding].filter((id) => !inBatch.has(id));
            if (leftOut.length > 0) throw new Error(`left out of a batch: ${leftOut.join()}`);
          }
          for (const id of sampled) {
            const wanted = streams.get(id);
            if (wanted === undefined) throw new Error(`stream ${id} is not wanted`);
            const slot = step?.items.find((item) => item.stream === id)?.slot ?? -1;
            expect(engine.caches[slot]).toEqual([
              ...wanted.prompt,
              ...wanted.output.slice(0, wanted.given),
            ]);
            if (wanted.given === wanted.output.length) {
              scheduler.finish(id, 5);
              streams.delete(id);
              decoding.delete(id);
              served++;
            } else {
              scheduler.feed(id, [wanted.output[wanted.given++] ?? 0]);
              decoding.add(id);
            }
          }
          return true;
        };
        let accepted = 0;
        let cancelled = 0;
        for (const one of actions) {
          if (one.kind === "submit") {
            const id = next++;
            const output = Array.from({ length: one.output }, (_, i) => 50_000 + id * 100 + i);
            const taken = scheduler.submit({ id, fairnessKey: one.key, prompt: one.prompt });
            if (!taken.accepted) continue;
            accepted++;
            streams.set(id, { prompt: one.prompt, output, given: 0 });
          } else if (one.kind === "cancel") {
            const id = [...streams.keys()][one.which];
            if (id === undefined) continue;
            scheduler.cancel(id);
            streams.delete(id);
            decoding.delete(id);
            cancelled++;
          } else run(one.lose);
        }
        let steps = 0;
        while (run(0)) if (++steps > 5000) throw new Error("it does not end");
        expect(served + cancelled).toBe(accepted);
        expect(scheduler.state()).toMatchObject({ running: 0, queued: 0, reservedTokens: 0 });
      },
    ),
    { numRuns: 300 },
  );
});
