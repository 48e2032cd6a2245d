import { DEFAULT_POLICY } from "@qwq-fit/schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import { leastBusy, predictive, roundRobin } from "./choosers.ts";
import { createRandom } from "./random.ts";
import { type Chooser, simulate, type SimulatedNode, type TraceRequest } from "./simulate.ts";
import { createCollector, type Summary } from "./summary.ts";

/** One token a ms, no prefill to speak of: an output of n tokens is n ms of service. */
const server = (name: string): SimulatedNode => ({
  name,
  rates: {
    slots: 1,
    prefillTokensPerSecond: 1e12,
    decodeTokensPerSecond: () => 1000,
    prefillChunkMs: 0,
    queueLimit: Infinity,
  },
  outages: [],
});

function* arrivals(
  count: number,
  meanGapMs: number,
  service: () => number,
  seed: number,
): Generator<TraceRequest> {
  const random = createRandom(seed);
  let arrivalMs = 0;
  for (let i = 0; i < count; i++) {
    arrivalMs += random.exponential(meanGapMs);
    yield { arrivalMs, promptTokens: 1, outputTokens: service() };
  }
}

function run(nodes: SimulatedNode[], trace: Iterable<TraceRequest>, choose: Chooser): Summary {
  const collector = createCollector(nodes.length);
  simulate({ nodes, trace, choose, onOutcome: (outcome) => collector.add(outcome) });
  return collector.summary();
}

/** At load 0.8 the mean of this many has a standard error of about 0.9 %. */
const COUNT = 1_200_000;

test.for([0.5, 0.8])("M/M/1 at load %d: mean time in system is 1/(μ−λ)", (load) => {
  const random = createRandom(11);
  const trace = arrivals(COUNT, 10 / load, () => random.exponential(10), 5);
  const { meanTotalMs, meanTimeToFirstTokenMs } = run([server("a")], trace, roundRobin());
  expect(Math.abs(meanTotalMs / (10 / (1 - load)) - 1)).toBeLessThan(0.02);
  expect(Math.abs(meanTimeToFirstTokenMs / ((10 * load) / (1 - load)) - 1)).toBeLessThan(0.02);
});

test.for([0.5, 0.8])("M/D/1 at load %d: mean wait is ρ/(2μ(1−ρ))", (load) => {
  const trace = arrivals(COUNT, 10 / load, () => 10, 6);
  const { meanTotalMs, meanTimeToFirstTokenMs } = run([server("a")], trace, roundRobin());
  const wait = (10 * load) / (2 * (1 - load));
  expect(Math.abs(meanTotalMs / (10 + wait) - 1)).toBeLessThan(0.02);
  expect(Math.abs(meanTimeToFirstTokenMs / wait - 1)).toBeLessThan(0.02);
});

test("requests are conserved, also with full queues and falling nodes", () => {
  const random = createRandom(3);
  const small = server("small");
  const nodes: SimulatedNode[] = [
    { ...small, rates: { ...small.rates, queueLimit: 2 } },
    {
      ...server("flaps"),
      outages: [
        { fromMs: 500, toMs: 900 },
        { fromMs: 2000, toMs: 9000 },
      ],
    },
  ];
  const ends = new Map<number, number>();
  simulate({
    nodes,
    trace: arrivals(5000, 6, () => random.exponential(10), 1),
    choose: leastBusy(),
    probeMs: 50,
    onOutcome: ({ request }) => ends.set(request, (ends.get(request) ?? 0) + 1),
  });
  expect(ends.size).toBe(5000);
  expect([...ends.values()].every((times) => times === 1)).toBe(true);
});

test("the same seed gives the same outcomes", () => {
  const once = (): Summary => {
    const random = createRandom(8);
    return run(
      [server("a"), server("b")],
      arrivals(2000, 6, () => random.exponential(10), 2),
      leastBusy(),
    );
  };
  expect(once()).toEqual(once());
});

test("more identical nodes never worsen the mean wait", () => {
  const policy = { ...DEFAULT_POLICY, objective: "fastest" as const };
  let before = Infinity;
  for (let count = 1; count <= 5; count++) {
    const random = createRandom(4);
    const nodes = Array.from({ length: count }, (_, i) => server(`n${i}`));
    const trace = arrivals(20_000, 12, () => random.exponential(10), 9);
    const { meanTimeToFirstTokenMs } = run(nodes, trace, predictive(nodes, policy, 10));
    expect(meanTimeToFirstTokenMs).toBeLessThanOrEqual(before);
    before = meanTimeToFirstTokenMs;
  }
});

test("one more warm node never worsens the mean wait beyond sampling error, at any load and seed", () => {
  const policy = { ...DEFAULT_POLICY, objective: "fastest" as const };
  const waits = (count: number, load: number, seed: number): number[] => {
    const random = createRandom(seed);
    const nodes = Array.from({ length: count }, (_, i) => server(`n${i}`));
    const firsts: number[] = [];
    simulate({
      nodes,
      trace: arrivals(2000, 10 / load, () => random.exponential(10), seed + 1),
      choose: predictive(nodes, policy, 10),
      onOutcome: ({ timeToFirstTokenMs }) => void firsts.push(timeToFirstTokenMs),
    });
    return firsts;
  };
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.double({ min: 0.2, max: 3, noNaN: true }),
      fc.integer({ min: 1, max: 1e6 }),
      (count, load, seed) => {
        const [fewer, more] = [waits(count, load, seed), waits(count + 1, load, seed)];
        const spread = Math.sqrt(mean(more.map((wait) => (wait - mean(more)) ** 2)) / more.length);
        expect(mean(more)).toBeLessThanOrEqual(mean(fewer) + 3 * spread);
      },
    ),
    { numRuns: 30, seed: 5 },
  );
});
