import { DEFAULT_POLICY } from "@qwq-fit/schema";
import { leastBusy, predictive, roundRobin, twoChoices } from "./choosers.ts";
import { createRandom } from "./random.ts";
import { type Chooser, simulate, type SimulatedNode, type TraceRequest } from "./simulate.ts";
import { createCollector, type Summary } from "./summary.ts";

/** A fleet with a name, for comparing ways to choose. */
export interface Fleet {
  readonly name: string;
  readonly nodes: readonly SimulatedNode[];
}

/** A node whose sequences share its decode speed with a loss: with k running each gets `decode / k^0.4`. */
const node = (
  name: string,
  slots: number,
  prefill: number,
  decode: number,
  outages: SimulatedNode["outages"] = [],
): SimulatedNode => ({
  name,
  rates: {
    slots,
    prefillTokensPerSecond: prefill,
    decodeTokensPerSecond: (running) => decode / running ** 0.4,
    prefillChunkMs: 100,
    queueLimit: 1000,
  },
  outages,
});

/** Every fifth minute one of the nodes is away for a minute. */
const flaps = Array.from({ length: 200 }, (_, i) => ({
  fromMs: i * 300_000 + 60_000,
  toMs: i * 300_000 + 120_000,
}));

/**
 * Fleets as people have them, for a 32B model at 4 bits. The speeds are of the size that is measured on
 * such machines; they are inputs of a comparison, not claims about a product.
 */
export const FLEETS: readonly Fleet[] = [
  {
    name: "4 alike",
    nodes: [0, 1, 2, 3].map((i) => node(`gpu-${i}`, 4, 1200, 35)),
  },
  {
    name: "mixed",
    nodes: [
      node("rtx-4090", 4, 2000, 38),
      node("rtx-3090", 4, 1000, 30),
      node("mac-mini-m4-pro", 2, 110, 11),
      node("mac-studio", 4, 400, 26),
    ],
  },
  {
    name: "mixed, one flaps",
    nodes: [
      node("rtx-4090", 4, 2000, 38, flaps),
      node("rtx-3090", 4, 1000, 30),
      node("mac-mini-m4-pro", 2, 110, 11),
      node("mac-studio", 4, 400, 26),
    ],
  },
];

/** Ways to choose, by name. The predictive one is the router's own `selectNode`. */
export function choosersFor(fleet: Fleet, seed: number): Readonly<Record<string, Chooser>> {
  const policy = { ...DEFAULT_POLICY, objective: "fastest" as const };
  return {
    "round robin": roundRobin(),
    "least busy": leastBusy(),
    "two choices": twoChoices(createRandom(seed)),
    predictive: predictive(fleet.nodes, policy, MEAN_OUTPUT),
  };
}

const MEAN_PROMPT = 800;
const MEAN_OUTPUT = 600;
/** Standard deviation of the logarithm of lengths: a few are ten times the median. */
const SPREAD = 0.8;
/** A log-normal's median below its mean. */
const MEDIAN_OF_MEAN = Math.exp(-(SPREAD ** 2) / 2);

/** Requests a second that the fleet could just serve with all slots busy. */
export function capacityPerSecond(fleet: Fleet): number {
  let capacity = 0;
  for (const { rates } of fleet.nodes) {
    const decodeS = MEAN_OUTPUT / rates.decodeTokensPerSecond(rates.slots);
    const prefillS = MEAN_PROMPT / rates.prefillTokensPerSecond;
    capacity += 1 / (decodeS / rates.slots + prefillS);
  }
  return capacity;
}

/** A seeded trace at this share of the fleet's capacity. */
export function* traceAt(
  fleet: Fleet,
  load: number,
  count: number,
  seed: number,
): Generator<TraceRequest> {
  const random = createRandom(seed);
  const gapMs = 1000 / (capacityPerSecond(fleet) * load);
  let arrivalMs = 0;
  for (let i = 0; i < count; i++) {
    arrivalMs += random.exponential(gapMs);
    yield {
      arrivalMs,
      promptTokens: Math.ceil(random.logNormal(MEAN_PROMPT * MEDIAN_OF_MEAN, SPREAD)),
      outputTokens: Math.ceil(random.logNormal(MEAN_OUTPUT * MEDIAN_OF_MEAN, SPREAD)),
    };
  }
}

/** The same trace under each way to choose. */
export function compareChoosers(
  fleet: Fleet,
  load: number,
  count: number,
  seed: number,
): Readonly<Record<string, Summary>> {
  return Object.fromEntries(
    Object.entries(choosersFor(fleet, seed)).map(([name, choose]) => {
      const collector = createCollector(fleet.nodes.length);
      const trace = traceAt(fleet, load, count, seed);
      simulate({
        nodes: fleet.nodes,
        trace,
        choose,
        probeMs: 2000,
        onOutcome: (outcome) => collector.add(outcome),
      });
      return [name, collector.summary()];
    }),
  );
}
