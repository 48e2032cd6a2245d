import type {
  NodeCapabilities,
  NodeModel,
  NodePerformance,
  PrivacyClass,
  ServingNode,
} from "@qwq-fit/schema";

/** Speeds believed of a node for one model at one concurrency, tokens a second, with their ranges. */
export interface Speeds {
  readonly prefill: number;
  readonly prefillLow: number;
  readonly prefillHigh: number;
  readonly decode: number;
  readonly decodeLow: number;
  readonly decodeHigh: number;
}

/**
 * What is assumed of a node about which nothing is known: a small GPU, with a wide range. Only the
 * first requests are routed by it; learning corrects it. Not a measurement.
 */
const UNKNOWN: Speeds = {
  prefill: 300,
  prefillLow: 30,
  prefillHigh: 5000,
  decode: 20,
  decodeLow: 3,
  decodeHigh: 100,
};

/** A need that a request may have of a node. */
export type Need = keyof Omit<NodeCapabilities, "apis">;

const NEEDS: readonly Need[] = [
  "tools",
  "jsonSchema",
  "vision",
  "embeddings",
  "logprobs",
  "continuation",
];

/** The needs as bits, so that one comparison checks all of them. */
export function needBits(needs: readonly Need[]): number {
  let bits = 0;
  for (const need of needs) bits |= 1 << NEEDS.indexOf(need);
  return bits;
}

/** How far text goes at a node of each class; smaller stays nearer. */
export const PRIVACY_ORDER: Readonly<Record<PrivacyClass, number>> = {
  device: 0,
  "own-network": 1,
  region: 2,
  any: 3,
};

/**
 * A model as one node offers it: all that a decision reads of a node's configuration, side by side,
 * because with thousands of nodes the time goes into fetching memory, not into arithmetic.
 */
export interface Offer {
  /** Null where the node takes any model. */
  readonly model: NodeModel | null;
  /** Undefined for a word that is no privacy class; such a node is never allowed. */
  readonly privacyOrder: number | undefined;
  readonly region: string | null;
  readonly capabilityBits: number;
  readonly slots: number;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  readonly inputUsdPerToken: number;
  readonly outputUsdPerToken: number;
  /** Prefill and decode of one sequence with 1, 2, … running, in pairs; the last stands for more. */
  readonly rates: Float64Array;
  /** The same with their ranges. Never empty. */
  readonly speeds: readonly Speeds[];
}

/** A node's offers by each name of a model; one for all names where it takes any model. */
type Offers = Offer | Map<string, Offer>;

const prepared = new WeakMap<ServingNode, Offers>();

const toSpeeds = (row: NodePerformance): Speeds => ({
  prefill: row.prefillTokensPerSecond.expected,
  prefillLow: row.prefillTokensPerSecond.low,
  prefillHigh: row.prefillTokensPerSecond.high,
  decode: row.decodeTokensPerSecond.expected,
  decodeLow: row.decodeTokensPerSecond.low,
  decodeHigh: row.decodeTokensPerSecond.high,
});

/** Concurrencies above this share the last entry; no engine here runs more slots at a useful speed. */
const MOST_SLOTS = 256;

/** A table by concurrency: the belief at the nearest concurrency at or below, else the smallest. */
function speedTable(rows: readonly NodePerformance[], slots: number): Speeds[] {
  const usable = rows
    .filter(
      (row) => row.prefillTokensPerSecond.expected > 0 && row.decodeTokensPerSecond.expected > 0,
    )
    .toSorted((a, b) => a.concurrency - b.concurrency)
    .map((row) => ({ from: row.concurrency, speeds: toSpeeds(row) }));
  const table: Speeds[] = [];
  for (let concurrency = 1; concurrency <= Math.min(slots, MOST_SLOTS); concurrency++) {
    const known = usable.findLast((row) => row.from <= concurrency) ?? usable[0];
    table.push(known?.speeds ?? UNKNOWN);
  }
  return table;
}

function toOffer(
  node: ServingNode,
  model: NodeModel | null,
  rows: readonly NodePerformance[],
): Offer {
  const slots = Math.max(1, node.slots);
  const speeds = speedTable(rows, slots);
  const has = NEEDS.filter((need) => node.capabilities[need]);
  return {
    model,
    privacyOrder: PRIVACY_ORDER[node.privacy],
    region: node.region,
    capabilityBits: needBits(has),
    slots,
    contextTokens: model?.contextTokens ?? Infinity,
    maxOutputTokens: model?.maxOutputTokens ?? Infinity,
    inputUsdPerToken: (model?.inputUsdPerMillionTokens ?? 0) / 1e6,
    outputUsdPerToken: (model?.outputUsdPerMillionTokens ?? 0) / 1e6,
    rates: Float64Array.from(speeds.flatMap((speed) => [speed.prefill, speed.decode])),
    speeds,
  };
}

function prepare(node: ServingNode): Offers {
  if (node.models.length === 0) return toOffer(node, null, node.performance);
  const byName = new Map<string, Offer>();
  for (const model of node.models) {
    const names = [model.id, ...model.aliases];
    const rows = node.performance.filter((row) => names.includes(row.model));
    const offer = toOffer(node, model, rows);
    for (const name of names) if (!byName.has(name)) byName.set(name, offer);
  }
  return byName;
}

/** What the last decision saw, by place in its list; it keeps one fleet alive. */
let seen: { model: string; nodes: ServingNode[]; offers: (Offer | null)[] } | null = null;

/**
 * How the node at this place of a decider's list offers the model, or null where it does not serve it. Nodes are
 * immutable values: their look-ups are built at the first call and kept as long as the node object lives. A list hardly
 * changes from one decision to the next, so that for nearly all nodes comparing two references is enough.
 */
export function offerAt(place: number, node: ServingNode, model: string): Offer | null {
  if (seen?.model !== model) seen = { model, nodes: [], offers: [] };
  const { nodes, offers } = seen;
  if (nodes[place] !== node) {
    const known = prepared.get(node) ?? prepare(node);
    prepared.set(node, known);
    nodes[place] = node;
    offers[place] = known instanceof Map ? (known.get(model) ?? null) : known;
  }
  return offers[place] ?? null;
}

/** Speeds of one sequence, with ranges, when `concurrency` run side by side. */
export function speedsAt(offer: Offer, concurrency: number): Speeds {
  return offer.speeds[Math.min(concurrency, offer.speeds.length) - 1] ?? UNKNOWN;
}
