import { afterAll, beforeAll, expect, test } from "vitest";
import { startChildScripted } from "../testing/child-scripted.ts";
import type { ChildScripted } from "../testing/child-scripted.ts";
import { runMix } from "../testing/random-mix.ts";

let scripted: ChildScripted;
beforeAll(async () => {
  scripted = await startChildScripted({ queueLimit: 64 });
});
afterAll(() => scripted.dispose());

/** The long form, 1,000 seeds: test/engine/mixes.mjs. */
test("40 mixes of streams, aborts, stops and long prompts: every token exactly once", async () => {
  const script = { thoughts: scripted.model.thought.length, words: scripted.model.answer.length };
  const kinds = { whole: 0, stopped: 0, limited: 0, aborted: 0 };
  for (let seed = 1; seed <= 40; seed++) {
    // oxlint-disable-next-line no-await-in-loop
    const result = await runMix(scripted.engine, script, seed);
    expect(result.wrong).toEqual([]);
    kinds.whole += result.whole;
    kinds.stopped += result.stopped;
    kinds.limited += result.limited;
    kinds.aborted += result.aborted;
  }
  // Each kind of ending was there.
  expect(Math.min(...Object.values(kinds))).toBeGreaterThan(10);
  const idle = { crashes: 0, running: 0, queued: 0, kvReservedTokens: 0 };
  await expect.poll(() => scripted.engine.state(), { timeout: 60_000 }).toMatchObject(idle);
});
