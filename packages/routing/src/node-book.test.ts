import { expect, test } from "vitest";
import { snapshotOf, speed } from "./fleet.case.ts";
import { createNodeBook, LOST_AFTER_MS, type NodeBook, type SeenAttempt } from "./node-book.ts";

const { node } = snapshotOf("a", { performance: [speed(100, 10)] });
const seen = (change: Partial<SeenAttempt>): SeenAttempt => ({
  node: "a",
  model: "qwq-32b",
  outcome: "ok",
  code: null,
  retryAfterMs: null,
  timeToFirstTokenMs: null,
  decodeMs: null,
  outputTokens: null,
  promptTokens: null,
  ...change,
});
const bookOf = (): NodeBook => {
  const book = createNodeBook();
  book.put(node, 0);
  return book;
};

test("in-flight counts go up and down, and never below nothing", () => {
  const book = bookOf();
  book.started("a");
  book.started("a");
  expect(book.snapshots(0)[0]?.inFlight).toBe(2);
  for (let i = 0; i < 4; i++) book.ended(seen({ outcome: "aborted" }), 0, 0);
  expect(book.snapshots(0)[0]?.inFlight).toBe(0);
});

test("three faults open the breaker, time half-opens it, a success closes it", () => {
  const book = bookOf();
  for (let i = 0; i < 3; i++) book.ended(seen({ outcome: "fault" }), 100, 0);
  expect(book.snapshots(200)[0]?.breaker).toBe("open");
  expect(book.snapshots(2200)[0]?.breaker).toBe("half-open");
  book.ended(seen({ outcome: "fault" }), 2200, 0);
  expect(book.snapshots(5000)[0]?.breaker).toBe("open");
  book.ended(seen({}), 7000, 0);
  expect(book.snapshots(7000)[0]).toMatchObject({ breaker: "closed", state: "serveable" });
});

test("a busy node is left alone as long as it asked, and is no fault", () => {
  const book = bookOf();
  for (let i = 0; i < 5; i++) {
    book.ended(seen({ outcome: "busy", code: "saturated", retryAfterMs: 3000 }), 1000, 0);
  }
  expect(book.snapshots(2000)[0]).toMatchObject({ breaker: "closed", retryAfterMs: 2000 });
});

test("what passed is learnt against what was believed", () => {
  const book = bookOf();
  book.ended(
    seen({ decodeMs: 20_000, outputTokens: 101, timeToFirstTokenMs: 500, promptTokens: 100 }),
    0,
    0,
  );
  const learnt = book.snapshots(0)[0]?.learnt;
  expect(learnt?.decodeFactor).toBeCloseTo(2);
  expect(learnt?.prefillFactor).toBeCloseTo(0.5);
});

test("a drained node is not chosen, and prefixes are remembered within bounds", () => {
  const book = bookOf();
  expect([book.drain("a", true), book.drain("x", true)]).toEqual([true, false]);
  expect(book.snapshots(0)[0]?.state).toBe("down");
  for (let i = 0; i < 600; i++) book.remember("a", [`k${i}`], i);
  const prefixes = book.snapshots(0)[0]?.prefixes ?? {};
  expect(Object.keys(prefixes)).toHaveLength(512);
  expect(prefixes["k599"]).toBe(599);
});

test("a try that never ends is forgotten, and one without a time is not", () => {
  const book = bookOf();
  book.started("a", 0);
  book.started("a", 1_000_000);
  expect(book.snapshots(1_000_000)[0]?.inFlight).toBe(2);
  expect(book.snapshots(LOST_AFTER_MS + 1)[0]?.inFlight).toBe(1);
  book.started("a");
  expect(book.snapshots(1e12)[0]?.inFlight).toBe(1);
});

test("each model has its breaker; without a model the worst is shown, with when to come again", () => {
  const book = bookOf();
  for (let i = 0; i < 3; i++) book.ended(seen({ outcome: "fault", model: "big" }), 100, 0);
  expect(book.snapshots(200, "big")[0]).toMatchObject({ breaker: "open", retryAfterMs: 1900 });
  expect(book.snapshots(200, "small")[0]).toMatchObject({ breaker: "closed", retryAfterMs: 0 });
  expect(book.snapshots(200)[0]?.breaker).toBe("open");
  for (let i = 0; i < 100; i++)
    book.ended(seen({ outcome: "fault", model: `made-up-${i}` }), 300, 0);
  expect(book.snapshots(300, "big")[0]?.breaker).toBe("closed");
});

test("a node's word is not believed for longer than ten minutes", () => {
  const book = bookOf();
  book.ended(seen({ outcome: "busy", code: "saturated", retryAfterMs: 1e12 }), 0, 0);
  expect(book.snapshots(600_001)[0]?.retryAfterMs).toBe(0);
});
