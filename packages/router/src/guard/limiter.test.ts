import { expect, test } from "vitest";
import type { CallerLimits, StateStore } from "../ports.ts";
import { createLimiter, LEASE_SHARE, type Limiter } from "./limiter.ts";
import { createMemoryState } from "./memory-state.ts";

const NONE: CallerLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrentStreams: null,
  tokensPerDay: null,
  usdPerDay: null,
};
const DOWN: StateStore = { lease: () => Promise.reject(new Error("down")) };

function limiterOver(state: StateStore, clock = { ms: 0 }, name = "a"): Limiter {
  return createLimiter({ now: () => clock.ms, state, id: () => name });
}

const spend = async (limiter: Limiter, limits: CallerLimits, tokens: number): Promise<boolean> => {
  const admission = await limiter.admit("caller", limits, tokens);
  if (admission.ok) admission.done({ tokens, usd: 0 });
  return admission.ok;
};

test("what a request did not use is given back, once, and never more than the limit", async () => {
  const limits = { ...NONE, tokensPerMinute: 1000 };
  const limiter = limiterOver(createMemoryState());
  const first = await limiter.admit("caller", limits, 900);
  expect((await limiter.admit("caller", limits, 900)).ok).toBe(false);
  if (!first.ok) throw new Error("not admitted");
  first.done({ tokens: 100, usd: 0 });
  first.done({ tokens: 0, usd: 0 });
  expect((await limiter.admit("caller", limits, 900)).ok).toBe(true);
  expect((await limiter.admit("caller", limits, 100)).ok).toBe(false);
});

test("a request larger than a minute's tokens passes when the minute is untouched", async () => {
  const limits = { ...NONE, tokensPerMinute: 1000 };
  const limiter = limiterOver(createMemoryState());
  expect((await limiter.admit("caller", limits, 5000)).ok).toBe(true);
  expect((await limiter.admit("caller", limits, 1)).ok).toBe(false);
});

test("streams at once are counted, and one that is never heard of again is forgotten", async () => {
  const limits = { ...NONE, concurrentStreams: 2 };
  const clock = { ms: 0 };
  const limiter = limiterOver(createMemoryState(), clock);
  const [first] = [
    await limiter.admit("caller", limits, 1),
    await limiter.admit("caller", limits, 1),
  ];
  expect(await limiter.admit("caller", limits, 1)).toMatchObject({ ok: false, reason: "streams" });
  if (first.ok) first.done({ tokens: 1, usd: 0 });
  expect((await limiter.admit("caller", limits, 1)).ok).toBe(true);
  clock.ms = 31 * 60_000;
  expect((await limiter.admit("caller", limits, 1)).ok).toBe(true);
});

test("requests that wait for the store together cannot all pass", async () => {
  const limits = { ...NONE, requestsPerMinute: 3, tokensPerDay: 1e6 };
  const memory = createMemoryState();
  const slow: StateStore = {
    lease: async (...args) => {
      await new Promise((resolve) => void setImmediate(resolve));
      return memory.lease(...args);
    },
  };
  const limiter = limiterOver(slow);
  const admitted = await Promise.all(
    Array.from({ length: 10 }, () => limiter.admit("caller", limits, 1)),
  );
  expect(admitted.filter((one) => one.ok)).toHaveLength(3);
});

test("with the store down callers are served within the minute's limits", async () => {
  const limits = { ...NONE, requestsPerMinute: 2, tokensPerDay: 10 };
  const limiter = limiterOver(DOWN);
  expect([
    await spend(limiter, limits, 50),
    await spend(limiter, limits, 50),
    await spend(limiter, limits, 50),
  ]).toEqual([true, true, false]);
});

test("many deciders spend one day's budget: all of it, and no more than one request each beyond", async () => {
  const limits = { ...NONE, tokensPerDay: 100_000 };
  const state = createMemoryState();
  const holders = Array.from({ length: 20 }, (_, i) =>
    limiterOver(state, { ms: 0 }, `isolate${i}`),
  );
  const each = 700;
  let spent = 0;
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const limiter = holders[(i * 7) % holders.length];
    if (limiter === undefined) continue;
    if (await spend(limiter, limits, each)) spent += each;
    else refused++;
  }
  expect(refused).toBeGreaterThan(0);
  expect(spent).toBeLessThanOrEqual(100_000 + holders.length * each);
  // What lies in slices that others hold is not lost for longer than a slice lasts.
  expect(spent).toBeGreaterThanOrEqual(100_000 * (1 - LEASE_SHARE * holders.length));
});

test("what was spent is settled once, however many ask at once", async () => {
  const limits = { ...NONE, tokensPerDay: 1000 };
  const settled: number[] = [];
  const memory = createMemoryState();
  const state: StateStore = {
    lease: (wanted, spent, ...rest) => {
      settled.push(spent.tokens);
      return memory.lease(wanted, spent, ...rest);
    },
  };
  const limiter = limiterOver(state);
  await spend(limiter, limits, 60);
  await Promise.all([limiter.admit("caller", limits, 1), limiter.admit("caller", limits, 1)]);
  expect(settled.reduce((sum, one) => sum + one, 0)).toBe(60);
});

test("a spent budget is refused until tomorrow, and the store is not asked each time", async () => {
  const limits = { ...NONE, tokensPerDay: 100 };
  const memory = createMemoryState();
  let asked = 0;
  const state: StateStore = {
    lease: (...args) => {
      asked++;
      return memory.lease(...args);
    },
  };
  const clock = { ms: 3600_000 };
  const limiter = limiterOver(state, clock);
  await spend(limiter, limits, 500);
  for (let i = 0; i < 50; i++) {
    const admission = await limiter.admit("caller", limits, 1);
    expect(admission).toMatchObject({ ok: false, reason: "day", retryAfterMs: 23 * 3600_000 });
  }
  expect(asked).toBe(2);
  clock.ms = 24 * 3600_000;
  expect((await limiter.admit("caller", limits, 1)).ok).toBe(true);
});
