import { describe, expect, test } from "vitest";
import { Scheduler } from "./scheduler.ts";
import type { SchedulerConfig } from "./scheduler-types.ts";
import { SimulatedEngine } from "./simulated-engine.ts";

const config: SchedulerConfig = {
  slots: 3,
  contextTokens: 8192,
  batchTokens: 512,
  queueLimit: 2,
  chunkMs: 100,
  aloneChunkMs: 1000,
  canCopy: true,
};

function setUp(
  changes: Partial<SchedulerConfig> = {},
  cost: { baseMs: number; perTokenMs: number } = { baseMs: 5, perTokenMs: 1 },
): { scheduler: Scheduler; engine: SimulatedEngine } {
  const all = { ...config, ...changes };
  const scheduler = new Scheduler(all);
  return { scheduler, engine: new SimulatedEngine(scheduler, all.slots, all.batchTokens, cost) };
}

const prompt = (length: number, seed = 0): number[] =>
  Array.from({ length }, (_, i) => seed * 100_000 + i);
const request = (id: number, tokens: number[], fairnessKey = String(id)) => ({
  id,
  fairnessKey,
  prompt: tokens,
});

describe("the scheduler", () => {
  test("a stream gets a token in every batch beside a long prompt, and none takes over 100 ms", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(4)));
    engine.run();
    scheduler.feed(1, [7]);
    scheduler.submit(request(2, prompt(3000, 1)));
    let steps = 0;
    for (;;) {
      const before = engine.nowMs;
      const sampled = engine.run() ?? [];
      steps++;
      expect(engine.nowMs - before).toBeLessThanOrEqual(100);
      expect(sampled).toContain(1);
      scheduler.feed(1, [7]);
      if (sampled.includes(2)) break;
    }
    // Chunks grow towards what 100 ms hold (85 % of 95 tokens): 3000 tokens take some 40 batches, not 3000.
    expect(steps).toBeGreaterThan(30);
    expect(steps).toBeLessThan(60);
  });

  test("where one token takes longer than 100 ms, one is read at a time", () => {
    const { scheduler, engine } = setUp({}, { baseMs: 400, perTokenMs: 400 });
    scheduler.submit(request(1, prompt(4)));
    scheduler.submit(request(2, prompt(200, 1)));
    for (let i = 0; i < 12; i++) {
      for (const id of engine.run() ?? []) scheduler.feed(id, [7]);
    }
    expect(engine.steps.at(-1)?.prefillTokens).toBe(1);
    expect(engine.steps.at(-1)?.decodeTokens).toBe(1);
  });

  test("a prompt that is alone is read in larger chunks", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(3000)));
    while (!(engine.run() ?? []).includes(1));
    expect(Math.max(...engine.steps.map((step) => step.prefillTokens))).toBe(512);
  });

  test("a batch of more than a tile ends at its edge, with all that is in it", () => {
    const { scheduler, engine } = setUp({}, { baseMs: 40, perTokenMs: 12 });
    scheduler.submit(request(1, prompt(500)));
    while (!(engine.run() ?? []).includes(1));
    const sizes = engine.steps.slice(0, -1).map(({ prefillTokens }) => prefillTokens);
    // 67 tokens would take 85 % of the limit.
    expect(sizes).toEqual([16, 32, 64, 64, 64, 64, 64, 64, 64]);
    const beside = setUp({}, { baseMs: 10, perTokenMs: 1 });
    beside.scheduler.submit(request(1, prompt(4)));
    beside.engine.run();
    beside.scheduler.feed(1, [7]);
    beside.engine.run();
    beside.scheduler.submit(request(2, prompt(900, 1)));
    for (let i = 0; i < 8; i++) {
      beside.scheduler.feed(1, [7]);
      beside.engine.run();
    }
    const rows = beside.engine.steps.map((step) => step.prefillTokens + step.decodeTokens);
    expect(rows.slice(-3)).toEqual([64, 64, 64]);
  });

  test("prompts take turns", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(500)));
    scheduler.submit(request(2, prompt(500, 1)));
    const order: number[] = [];
    for (let i = 0; i < 6; i++) {
      engine.run();
      const first = engine.steps.at(-1)?.items[0];
      if (first !== undefined) order.push(first.stream);
    }
    expect(order).toEqual([1, 2, 1, 2, 1, 2]);
  });

  test("a caller with two prompts has one turn for both", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(900), "greedy"));
    scheduler.submit(request(2, prompt(900, 1), "greedy"));
    scheduler.submit(request(3, prompt(900, 2), "modest"));
    const order: number[] = [];
    for (let i = 0; i < 8; i++) {
      engine.run();
      order.push(engine.steps.at(-1)?.items[0]?.stream ?? 0);
    }
    expect(order.filter((id) => id === 3)).toHaveLength(4);
  });

  test("a cancelled prompt is read no further than the batch in flight", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(3000)));
    engine.run();
    engine.run();
    const step = scheduler.next();
    scheduler.cancel(1);
    expect(step?.items).toHaveLength(1);
    expect(scheduler.completed(50)).toEqual([]);
    expect(scheduler.next()).toBeNull();
    expect(scheduler.state().running).toBe(0);
  });

  test("the next turn of a conversation reads only what is new", () => {
    const { scheduler, engine } = setUp();
    const first = prompt(100);
    scheduler.submit(request(1, first));
    while (!(engine.run() ?? []).includes(1));
    scheduler.feed(1, [900]);
    engine.run();
    scheduler.finish(1, 10);
    scheduler.takeAdmissions();
    scheduler.submit(request(2, [...first, 900, 901, 902]));
    engine.run();
    expect(scheduler.takeAdmissions()).toEqual([{ stream: 2, slot: 0, cachedTokens: 101 }]);
    expect(engine.steps.at(-1)?.prefillTokens).toBe(2);
  });

  test("a prompt that is held whole is computed from its last token", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(50)));
    while (!(engine.run() ?? []).includes(1));
    scheduler.finish(1, 10);
    scheduler.submit(request(2, prompt(50)));
    engine.run();
    expect(engine.steps.at(-1)?.prefillTokens).toBe(1);
  });

  test("two callers with one system prompt: the second has it copied, the first keeps its cache", () => {
    const { scheduler, engine } = setUp({}, { baseMs: 5, perTokenMs: 5 });
    const system = prompt(400);
    scheduler.submit(request(1, [...system, ...prompt(500, 1)]));
    while (!(engine.run() ?? []).includes(1));
    scheduler.finish(1, 10);
    scheduler.takeAdmissions();
    scheduler.submit(request(2, [...system, ...prompt(20, 2)]));
    engine.run();
    expect(scheduler.takeAdmissions()).toEqual([{ stream: 2, slot: 1, cachedTokens: 400 }]);
    expect(engine.caches[0]).toHaveLength(900);
  });

  test("without copying, a beginning of some length is shared in place", () => {
    const { scheduler, engine } = setUp({ canCopy: false });
    const system = prompt(400);
    scheduler.submit(request(1, [...system, ...prompt(500, 1)]));
    while (!(engine.run() ?? []).includes(1));
    scheduler.finish(1, 10);
    scheduler.takeAdmissions();
    scheduler.submit(request(2, [...system, ...prompt(20, 2)]));
    engine.run();
    expect(scheduler.takeAdmissions()).toEqual([{ stream: 2, slot: 0, cachedTokens: 400 }]);
  });

  test("a cache that cannot be kept is read again, and told as not cached", () => {
    const { scheduler, engine } = setUp();
    scheduler.submit(request(1, prompt(60)));
    while (!(engine.run() ?? []).includes(1));
    scheduler.finish(1, 10);
    scheduler.takeAdmissions();
    scheduler.submit(request(2, [...prompt(50), 5, 6]));
    expect(engine.run(() => true)).toEqual([]);
    expect(scheduler.takeAdmissions()).toEqual([{ stream: 2, slot: 0, cachedTokens: 0 }]);
    while (!(engine.run() ?? []).includes(2));
    expect(engine.caches[0]).toEqual([...prompt(50), 5, 6]);
  });

  test("the queue is bounded, and says when to come again", () => {
    const { scheduler, engine } = setUp();
    for (let id = 1; id <= 5; id++) {
      expect(scheduler.submit(request(id, prompt(10, id)))).toEqual({ accepted: true });
    }
    expect(scheduler.submit(request(6, prompt(10)))).toEqual({
      accepted: false,
      retryAfterMs: 1000,
    });
    engine.run();
    scheduler.finish(1, 6000);
    expect(scheduler.submit(request(7, prompt(10)))).toEqual({ accepted: true });
    engine.run();
    // Two wait: a third would be served in the round after, 6 s for three at a time.
    expect(scheduler.state()).toMatchObject({ running: 3, queued: 2 });
    expect(scheduler.submit(request(8, prompt(10)))).toEqual({
      accepted: false,
      retryAfterMs: 6000,
    });
  });

  test("a waiting request of a caller who runs nothing is let in first", () => {
    const { scheduler, engine } = setUp({ slots: 2, queueLimit: 4 });
    scheduler.submit(request(1, prompt(10, 1), "a"));
    scheduler.submit(request(2, prompt(10, 2), "a"));
    engine.run();
    scheduler.submit(request(3, prompt(10, 3), "a"));
    scheduler.submit(request(4, prompt(10, 4), "b"));
    scheduler.finish(1, 10);
    scheduler.takeAdmissions();
    engine.run();
    expect(scheduler.takeAdmissions().map(({ stream }) => stream)).toEqual([4]);
  });
});
