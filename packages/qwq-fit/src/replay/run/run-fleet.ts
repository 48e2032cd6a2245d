import { createHistogram, type Histogram, holds, routed, simulate } from "@qwq-fit/simulation";
import type { NodeUsage } from "@qwq-fit/simulation";
import type { Policy } from "@qwq-fit/schema";
import type { ReplayNode } from "../fleet/replay-node.ts";
import type { TraceStore } from "../trace/trace-store.ts";
import type { Draw } from "./draws.ts";

const HOURS = 24;
const HOUR_MS = 3_600_000;

/** What one node did in one run. */
export interface NodeRun {
  readonly served: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly usage: NodeUsage;
}

/** What one hour of the day met, all days together. */
export interface HourRun {
  arrivals: number;
  rejected: number;
  /** Sum of the answers' whole times: over the hour's length, the mean number in the system. */
  totalMs: number;
  firstTokenMs: Histogram;
}

/** One run of a trace over a fleet. */
export interface FleetRun {
  readonly arrived: number;
  readonly answered: number;
  /** No node had room. */
  readonly saturated: number;
  /** No node takes a request so long. */
  readonly tooLong: number;
  readonly firstTokenMs: Histogram;
  readonly totalMs: Histogram;
  readonly hours: readonly HourRun[];
  readonly nodes: readonly NodeRun[];
  /** From the first arrival to the last end. */
  readonly lastedMs: number;
}

/** What is replayed, and how nodes are chosen. */
export interface FleetInput {
  readonly nodes: readonly ReplayNode[];
  readonly store: TraceStore;
  readonly policy: Policy;
  /** A router's guess of an answer's length. */
  readonly meanOutputTokens: number;
  readonly from?: number;
  readonly to?: number;
}

/** Names within a fleet: its nodes' labels, numbered where there are several. */
export function namesOf(nodes: readonly ReplayNode[]): string[] {
  const seen = new Map<string, number>();
  return nodes.map(({ label }) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    const several = nodes.filter((node) => node.label === label).length > 1;
    return several ? `${label} #${count}` : label;
  });
}

/** Runs the trace, or a part of it, over the fleet with these speeds. The same input gives the same run. */
export function runFleet(input: FleetInput, draw: Draw): FleetRun {
  const { nodes, store, policy, meanOutputTokens, from = 0, to = store.length } = input;
  const names = namesOf(nodes);
  const nameOf = (i: number): string => names[i] ?? "";
  const simulated = nodes.map((node, i) =>
    node.simulated(nameOf(i), draw.get(node.kind) ?? { prefill: 1, decode: 1 }),
  );
  const serving = nodes.map((node, i) => node.serving(nameOf(i)));
  const firstTokenMs = createHistogram();
  const totalMs = createHistogram();
  const startMs = store.firstMs;
  const hours = Array.from({ length: HOURS }, (): HourRun => ({
    arrivals: 0,
    rejected: 0,
    totalMs: 0,
    firstTokenMs: createHistogram(),
  }));
  const tallies = nodes.map(() => ({ served: 0, promptTokens: 0, outputTokens: 0 }));
  let saturated = 0;
  let tooLong = 0;
  const end = simulate({
    nodes: simulated,
    trace: store.requests(from, to),
    choose: routed(serving, policy, meanOutputTokens),
    onOutcome: ({ request, node, timeToFirstTokenMs, totalMs: total }) => {
      const index = from + request;
      const atMs = store.arrivalMs(index) + startMs;
      const hour = hours[Math.floor(atMs / HOUR_MS) % HOURS];
      if (hour !== undefined) hour.arrivals++;
      const tally = tallies[node];
      if (tally === undefined) {
        if (hour !== undefined) hour.rejected++;
        const size = {
          promptTokens: store.promptTokens(index),
          outputTokens: store.outputTokens(index),
        };
        if (simulated.some(({ rates }) => holds(rates, size))) saturated++;
        else tooLong++;
        return;
      }
      firstTokenMs.add(timeToFirstTokenMs);
      totalMs.add(total);
      if (hour !== undefined) {
        hour.totalMs += total;
        hour.firstTokenMs.add(timeToFirstTokenMs);
      }
      tally.served++;
      tally.promptTokens += store.promptTokens(index);
      tally.outputTokens += store.outputTokens(index);
    },
  });
  const lastedMs = Math.max(1, end.endMs - store.arrivalMs(from));
  return {
    arrived: end.arrived,
    answered: firstTokenMs.count,
    saturated,
    tooLong,
    firstTokenMs,
    totalMs,
    hours,
    nodes: nodes.flatMap((node, i): NodeRun[] => {
      const [tally, usage] = [tallies[i], end.usage[i]];
      if (tally === undefined || usage === undefined) return [];
      // What is never switched off was on all the time, also in a part of the trace.
      const onMs = node.about.coldStartMs === null ? lastedMs : usage.onMs;
      return [{ ...tally, usage: { ...usage, onMs } }];
    }),
    lastedMs,
  };
}
