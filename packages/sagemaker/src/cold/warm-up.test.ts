import { expect, test } from "vitest";
import { createWarmUp, type ProbeOutcome } from "./warm-up.ts";

/** A clock that is turned by hand, and probes that are answered by hand. */
function bench(timersLive = true) {
  let nowMs = 0;
  const timers: { atMs: number; run: () => void }[] = [];
  const probes: ((outcome: ProbeOutcome | Error) => void)[] = [];
  const warmUp = createWarmUp(
    () =>
      new Promise((resolve, reject) => {
        probes.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      }),
    { coldRetrySeconds: 30, coldProbeSeconds: 10 },
    {
      now: () => nowMs,
      timer: (ms, run) => {
        if (timersLive) timers.push({ atMs: nowMs + ms, run });
        return () => undefined;
      },
    },
  );
  return {
    warmUp,
    probes,
    pass: (seconds: number): void => {
      nowMs += seconds * 1000;
      for (const timer of timers.splice(0)) {
        if (timer.atMs <= nowMs) timer.run();
        else timers.push(timer);
      }
    },
    answer: async (outcome: ProbeOutcome | Error): Promise<void> => {
      probes.shift()?.(outcome);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

test("nobody is held back before a cold answer, all are after it, and one probe at a time asks", async () => {
  const { warmUp, probes, pass, answer } = bench();
  expect(warmUp.gate()).toBeNull();
  expect(warmUp.sawCold()).toBe(30);
  expect(warmUp.sawCold()).toBe(30);
  expect([warmUp.gate(), warmUp.gate(), probes.length]).toEqual([30, 30, 0]);
  pass(10);
  for (let i = 0; i < 20; i++) expect(warmUp.gate()).toBe(30);
  expect(probes).toHaveLength(1);
  await answer("cold");
  expect(warmUp.gate()).toBe(30);
  expect(probes).toHaveLength(0);
  pass(10);
  expect(probes).toHaveLength(1);
  await answer("answered");
  expect(warmUp.gate()).toBeNull();
  pass(100);
  expect(probes).toHaveLength(0);
});

test("where timers die with a request, the next caller at the gate asks", async () => {
  const { warmUp, probes, pass, answer } = bench(false);
  warmUp.sawCold();
  pass(11);
  expect(probes).toHaveLength(0);
  warmUp.gate();
  warmUp.gate();
  expect(probes).toHaveLength(1);
  // Its request ended before its answer: after a while another may ask.
  pass(60);
  warmUp.gate();
  expect(probes).toHaveLength(1);
  pass(31);
  warmUp.gate();
  expect(probes).toHaveLength(2);
  await answer("answered");
  expect(warmUp.gate()).toBeNull();
});

test("an endpoint that cannot be reached is not held back", async () => {
  const { warmUp, pass, answer } = bench();
  warmUp.sawCold();
  pass(10);
  await answer(new Error("network"));
  expect(warmUp.gate()).toBeNull();
});

test("nobody asks for ever: each probe would keep the endpoint awake", async () => {
  const { warmUp, probes, pass, answer } = bench();
  warmUp.sawCold();
  let asked = 0;
  for (let i = 0; i < 1000; i++) {
    pass(10);
    if (probes.length === 0) continue;
    asked += 1;
    await answer("cold");
  }
  expect(asked).toBeGreaterThan(170);
  expect(asked).toBeLessThanOrEqual(181);
  expect(warmUp.gate()).toBe(30);
  expect(probes).toHaveLength(1);
});
