import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leastBusy, roundRobin } from "./choosers.ts";
import { createNodeModel } from "./node-model.ts";
import type { NodeModel } from "./node-types.ts";
import type { Job, ServiceRates } from "./service-rates.ts";
import { simulate, type SimulatedNode } from "./simulate.ts";

/** Reads a token a ms; a step of decoding is 10 ms, however many decode. */
const rates = (more: Partial<ServiceRates> = {}): ServiceRates => ({
  slots: 4,
  prefillTokensPerSecond: 1000,
  decodeTokensPerSecond: () => 100,
  prefillChunkMs: 0,
  queueLimit: Infinity,
  firstTokenInPrefill: true,
  ...more,
});

/** Runs a node to its end: times of first tokens and ends by request. */
function drain(node: NodeModel): { first: Map<number, number>; end: Map<number, number> } {
  const first = new Map<number, number>();
  const end = new Map<number, number>();
  while (node.nextMs < Infinity) {
    for (const { kind, job, atMs } of node.advance(node.nextMs)) {
      (kind === "end" ? end : first).set(job.id, atMs);
    }
  }
  return { first, end };
}

const job = (
  id: number,
  promptTokens: number,
  outputTokens: number,
  more: Partial<Job> = {},
): Job => ({
  id,
  promptTokens,
  outputTokens,
  ...more,
});

test("one request alone: its prompt, then a step for each further token", () => {
  const node = createNodeModel(rates());
  node.offer(job(1, 100, 11), 0);
  const { first, end } = drain(node);
  expect(first.get(1)).toBeCloseTo(100, 3);
  expect(end.get(1)).toBeCloseTo(200, 3);
});

test("a long cache makes each step longer by its depth", () => {
  const node = createNodeModel(rates({ decodeMsPerCachedToken: 0.01 }));
  node.offer(job(1, 1000, 101), 0);
  // Behind 1,000 to 1,100 tokens, 1,050 in the mean: 10.5 ms more each.
  expect(drain(node).end.get(1)).toBeCloseTo(1000 + 100 * 20.5, 0);
});

describe("our scheduler: steps of a time", () => {
  const ours = rates({ batching: { kind: "time", stepMs: 85, aloneMs: 850, fixedMs: 5 } });

  test("a prompt alone pays for the weights once a step", () => {
    const node = createNodeModel(ours);
    node.offer(job(1, 100, 1), 0);
    expect(drain(node).first.get(1)).toBeCloseTo(105, 3);
  });

  test("beside one that decodes, 70 ms of a step are reading: the weights are read for both", () => {
    const node = createNodeModel(ours);
    node.offer(job(1, 1, 1000), 0);
    node.offer(job(2, 750, 1), 1000);
    // Eleven steps of 10 ms for both, of 5 ms for the weights again and of the rest of the piece but the token that both
    // have in common; and up to one step that is under way.
    const { first } = drain(node);
    const least = 11 * (10 + 5 + 750 / 11 - 1);
    expect((first.get(2) ?? 0) - 1000).toBeGreaterThanOrEqual(least);
    expect((first.get(2) ?? 0) - 1000).toBeLessThanOrEqual(least + 10);
  });

  test("who comes while a step is under way waits for its end, and short prompts are read in one step", () => {
    const node = createNodeModel(ours);
    node.offer(job(1, 100, 1), 0);
    node.offer(job(2, 20, 1), 60);
    node.offer(job(3, 30, 1), 70);
    const { first } = drain(node);
    expect(first.get(1)).toBeCloseTo(105, 6);
    expect(first.get(2)).toBeCloseTo(105 + 55, 3);
    expect(first.get(3)).toBeCloseTo(105 + 55, 3);
  });

  test("sequences that are no neighbours read the weights each", () => {
    const apart = { ...ours, decodeTokensPerSecond: (count: number) => 1000 / (9 + count) };
    const node = createNodeModel(apart);
    for (const id of [1, 2, 3]) node.offer(job(id, 1, id === 2 ? 2 : 101), 0);
    const { end } = drain(node);
    // The second ends soon: what is left decodes in slots 0 and 2, in two passes of 10 ms.
    expect(end.get(3)).toBeGreaterThan(99 * 20);
    const neighbours = createNodeModel(apart);
    for (const id of [1, 2, 3]) neighbours.offer(job(id, 1, id === 3 ? 2 : 101), 0);
    expect(drain(neighbours).end.get(2)).toBeLessThan(101 * 12);
  });

  test("a large model's prompt that is alone is read in pieces that spread the weights", () => {
    const large = createNodeModel({
      ...ours,
      prefillTokensPerSecond: 1000 / 140,
      batching: { kind: "time", stepMs: 85, aloneMs: 850, fixedMs: 840 },
      prefillMs: (tokens) => 140 * tokens,
    });
    large.offer(job(1, 72, 1), 0);
    // Two pieces of 36 tokens, as chunk-size.test.ts has it.
    expect(drain(large).first.get(1)).toBeCloseTo(2 * (36 * 140 + 840), 3);
  });

  test("after a prompt decoding loses what it takes to settle, once", () => {
    const node = createNodeModel({ ...ours, settleMs: 25 });
    node.offer(job(1, 100, 11), 0);
    expect(drain(node).end.get(1)).toBeCloseTo(105 + 10 * 10 + 25, 3);
  });

  test("two long prompts are read in turns, a short newcomer first", () => {
    const node = createNodeModel(ours);
    node.offer(job(1, 4000, 1), 0);
    node.offer(job(2, 4000, 1), 0);
    node.offer(job(3, 50, 1), 1);
    const { first } = drain(node);
    expect(first.get(3)).toBeLessThan(1200);
    expect(Math.abs((first.get(1) ?? 0) - (first.get(2) ?? 0))).toBeLessThan(600);
  });
});

describe("a paged cache", () => {
  const paged = rates({ slots: 8, batching: { kind: "tokens", stepTokens: 2048 }, kvTokens: 1000 });

  test("the youngest gives way when it is full, and is answered all the same", () => {
    const node = createNodeModel(paged);
    for (let id = 0; id < 3; id++) expect(node.offer(job(id, 100, 500), 0)).toBe(true);
    const { first, end } = drain(node);
    expect(end.size).toBe(3);
    expect(first.size).toBe(3);
    expect(node.usage(10_000).preemptions).toBeGreaterThan(0);
    expect(end.get(2)).toBeGreaterThan(end.get(0) ?? Infinity);
  });

  test("what never fits is not taken", () => {
    expect(createNodeModel(paged).offer(job(1, 900, 200), 0)).toBe(false);
  });
});

test("a prefix that is kept is not read again", () => {
  const node = createNodeModel(rates({ keptPrefixes: 2 }));
  node.offer(job(1, 1000, 1, { prefixKey: "a", prefixTokens: 0 }), 0);
  drain(node);
  node.offer(job(2, 1200, 1, { prefixKey: "a", prefixTokens: 1001 }), 5000);
  expect(drain(node).first.get(2)).toBeCloseTo(5199, 0);
  expect(node.usage(6000).reusedTokens).toBe(1001);
});

test("a node that is off is started by a request, and goes off again", () => {
  const node = createNodeModel(rates({ power: { coldStartMs: 60_000, idleOffMs: 10_000 } }));
  node.offer(job(1, 100, 1), 1000);
  expect(drain(node).first.get(1)).toBeCloseTo(61_100, 0);
  expect(node.readyInMs(65_000)).toBe(0);
  expect(node.readyInMs(80_000)).toBe(60_000);
  node.offer(job(2, 100, 1), 100_000);
  expect(drain(node).first.get(2)).toBeCloseTo(160_100, 0);
  const { coldStarts, onMs } = node.usage(500_000);
  expect(coldStarts).toBe(2);
  expect(onMs).toBeCloseTo(2 * 70_100, 0);
});

const anyRates = fc.record({
  slots: fc.integer({ min: 1, max: 6 }),
  queueLimit: fc.constantFrom(0, 3, Infinity),
  batching: fc.constantFrom(
    undefined,
    { kind: "time", stepMs: 85, aloneMs: 850, fixedMs: 5 } as const,
    { kind: "time", stepMs: 5, aloneMs: 850, fixedMs: 50 } as const,
    { kind: "tokens", stepTokens: 64 } as const,
  ),
  kvTokens: fc.constantFrom(undefined, 300, 900),
  power: fc.constantFrom(undefined, { coldStartMs: 500, idleOffMs: 200 }),
  keptPrefixes: fc.constantFrom(0, 2),
});

test("arrived = answered + turned away + in the system, whatever the nodes and whenever one looks", () => {
  fc.assert(
    fc.property(
      fc.array(anyRates, { minLength: 1, maxLength: 3 }),
      fc.array(
        fc.record({
          gapMs: fc.integer({ min: 0, max: 300 }),
          promptTokens: fc.integer({ min: 0, max: 400 }),
          outputTokens: fc.integer({ min: 0, max: 60 }),
          prefixKey: fc.integer({ min: 1, max: 3 }),
        }),
        { maxLength: 60 },
      ),
      fc.constantFrom(undefined, 0, 700, 5000),
      (all, asked, untilMs) => {
        const nodes = all.map(({ kvTokens, batching, power, ...own }, i): SimulatedNode => ({
          name: `n${i}`,
          rates: rates({
            ...own,
            ...(kvTokens === undefined ? {} : { kvTokens }),
            ...(batching === undefined ? {} : { batching }),
            ...(power === undefined ? {} : { power }),
          }),
          outages: i === 0 ? [{ fromMs: 1000, toMs: 1500 }] : [],
        }));
        let arrivalMs = 0;
        const trace = asked.map(({ gapMs, ...one }) => {
          arrivalMs += gapMs;
          return { ...one, arrivalMs, prefixTokens: 20 };
        });
        const ends = new Set<number>();
        let [answered, rejected] = [0, 0];
        let [doubled, backwards] = [false, false];
        const { arrived, inSystem } = simulate({
          nodes,
          trace,
          choose: all.length > 1 ? leastBusy() : roundRobin(),
          ...(untilMs === undefined ? {} : { untilMs }),
          onOutcome: ({ request, node, timeToFirstTokenMs, totalMs }) => {
            doubled ||= ends.has(request);
            ends.add(request);
            if (node < 0) rejected++;
            else answered++;
            backwards ||= timeToFirstTokenMs < 0 || totalMs < timeToFirstTokenMs;
          },
        });
        expect({ doubled, backwards }).toEqual({ doubled: false, backwards: false });
        expect(answered + rejected + inSystem).toBe(arrived);
        const whole = untilMs === undefined ? [trace.length, 0] : [arrived, inSystem];
        expect([arrived, inSystem]).toEqual(whole);
      },
    ),
    { numRuns: 300, seed: 17 },
  );
});
