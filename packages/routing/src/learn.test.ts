import { expect, test } from "vitest";
import { fade, learn, NOTHING_LEARNT, type Observation } from "./learn.ts";

const seen = (change: Partial<Observation>): Observation => ({
  ok: true,
  prefillRatio: 1,
  decodeRatio: 1,
  overheadMs: 0,
  sinceLastMs: 0,
  ...change,
});

test("the first observation counts in full, later ones a fifth", () => {
  const first = learn(NOTHING_LEARNT, seen({ decodeRatio: 4 }));
  expect(first.decodeFactor).toBeCloseTo(4);
  const second = learn(first, seen({ decodeRatio: 1 }));
  expect(second.decodeFactor).toBeCloseTo(4 ** 0.8);
});

test("steady observations are reached", () => {
  let learnt = NOTHING_LEARNT;
  for (let i = 0; i < 60; i++) learnt = learn(learnt, seen({ prefillRatio: 0.5, overheadMs: 80 }));
  expect(learnt.prefillFactor).toBeCloseTo(0.5);
  expect(learnt.overheadMs).toBeCloseTo(80, 0);
});

test("one wild or broken observation is bounded or left out", () => {
  expect(learn(NOTHING_LEARNT, seen({ decodeRatio: 1e9 })).decodeFactor).toBeCloseTo(20);
  expect(learn(NOTHING_LEARNT, seen({ decodeRatio: Number.NaN })).decodeFactor).toBe(1);
  expect(learn(NOTHING_LEARNT, seen({ decodeRatio: -1, prefillRatio: null })).prefillFactor).toBe(
    1,
  );
});

test("failures raise the error rate, time and success lower it", () => {
  let learnt = NOTHING_LEARNT;
  for (let i = 0; i < 20; i++) learnt = learn(learnt, seen({ ok: false }));
  expect(learnt.errorRate).toBeGreaterThan(0.95);
  expect(fade(learnt, 10 * 60_000).errorRate).toBeCloseTo(learnt.errorRate / 2);
  expect(learn(learnt, seen({})).errorRate).toBeLessThan(learnt.errorRate);
});
