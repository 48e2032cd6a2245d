import type { NodeSnapshot, NodeState, ServingNode } from "@qwq-fit/schema";
import { type Breaker, breakerState, CLOSED, FAILURES_TO_OPEN, recordOutcome } from "./breaker.ts";
import { learn, NOTHING_LEARNT } from "./learn.ts";

/** What one try at a node showed. */
export interface SeenAttempt {
  readonly node: string;
  readonly model: string;
  /** "busy" is no fault; "caller" and "aborted" say nothing about the node. */
  readonly outcome: "ok" | "busy" | "fault" | "caller" | "aborted";
  readonly code: string | null;
  readonly retryAfterMs: number | null;
  readonly timeToFirstTokenMs: number | null;
  readonly decodeMs: number | null;
  readonly outputTokens: number | null;
  readonly promptTokens: number | null;
}

/** Live state of a node, as a probe or a report tells it. */
export interface SeenState {
  readonly state: NodeState;
  readonly queued: number | null;
  readonly inFlight: number | null;
}

/** What one decider knows of its nodes: what passed, what was seen, what was learnt. Times are the caller's. */
export interface NodeBook {
  snapshots(nowMs: number): readonly NodeSnapshot[];
  nodes(): ReadonlyMap<string, ServingNode>;
  /** Adds a node, or changes what is known of it; its history stays. */
  put(node: ServingNode, nowMs: number): void;
  remove(name: string): void;
  saw(name: string, seen: SeenState, nowMs: number): void;
  started(name: string): void;
  ended(seen: SeenAttempt, nowMs: number, random: number): void;
  /** Remembers that a node read a prompt with these prefix keys, longest first. */
  remember(name: string, prefixKeys: readonly string[], promptTokens: number): void;
  /** Leaves a node out of new choices. False where there is no such node. */
  drain(name: string, on: boolean): boolean;
  setPower(name: string, power: NodeSnapshot["power"]): void;
}

interface Page {
  node: ServingNode;
  state: NodeState;
  seenMs: number;
  inFlight: number;
  probedInFlight: number;
  queued: number;
  breaker: Breaker;
  busyUntilMs: number;
  learnt: NodeSnapshot["learnt"];
  learntMs: number;
  readonly prefixes: Map<string, number>;
  drained: boolean;
  power: NodeSnapshot["power"];
}

/** Prefix keys kept for a node: about the conversations that its cache could hold. */
const MOST_PREFIXES = 512;
/** Belief where nothing is stated; the same as routing assumes. */
const UNKNOWN_PREFILL = 300;
const UNKNOWN_DECODE = 20;

const blankPage = (node: ServingNode, nowMs: number): Page => ({
  node,
  state: "unknown",
  seenMs: nowMs,
  inFlight: 0,
  probedInFlight: 0,
  queued: 0,
  breaker: CLOSED,
  busyUntilMs: 0,
  learnt: NOTHING_LEARNT,
  learntMs: nowMs,
  prefixes: new Map(),
  drained: false,
  power: null,
});

/** An empty book. `failuresToOpen` faults in a row open a node's breaker. */
export function createNodeBook(failuresToOpen: number = FAILURES_TO_OPEN): NodeBook {
  const pages = new Map<string, Page>();
  return {
    snapshots: (nowMs) =>
      [...pages.values()].map((page) => ({
        node: page.node,
        state: page.drained ? "down" : page.state,
        ageMs: nowMs - page.seenMs,
        inFlight: Math.max(page.inFlight, page.probedInFlight),
        queued: page.queued,
        queuedPromptTokens: null,
        breaker: breakerState(page.breaker, nowMs),
        retryAfterMs: Math.max(0, page.busyUntilMs - nowMs),
        learnt: page.learnt,
        prefixes: page.prefixes.size === 0 ? null : Object.fromEntries(page.prefixes),
        power: page.power,
      })),
    nodes: () => new Map([...pages].map(([name, page]) => [name, page.node])),
    put: (node, nowMs) => {
      const page = pages.get(node.name);
      if (page === undefined) pages.set(node.name, blankPage(node, nowMs));
      else page.node = node;
    },
    remove: (name) => {
      pages.delete(name);
    },
    saw: (name, seen, nowMs) => {
      const page = pages.get(name);
      if (page === undefined) return;
      page.state = seen.state;
      page.seenMs = nowMs;
      page.queued = seen.queued ?? 0;
      page.probedInFlight = seen.inFlight ?? 0;
    },
    started: (name) => {
      const page = pages.get(name);
      if (page !== undefined) page.inFlight += 1;
    },
    ended: (seen, nowMs, random) => {
      const page = pages.get(seen.node);
      if (page === undefined) return;
      page.inFlight = Math.max(0, page.inFlight - 1);
      page.probedInFlight = Math.max(0, page.probedInFlight - 1);
      if (seen.outcome === "busy") {
        if (seen.code === "saturated") page.busyUntilMs = nowMs + (seen.retryAfterMs ?? 1000);
        return;
      }
      if (seen.outcome === "aborted" || seen.outcome === "caller") return;
      const ok = seen.outcome === "ok";
      page.breaker = recordOutcome(page.breaker, ok, nowMs, random, failuresToOpen);
      if (ok) {
        page.busyUntilMs = 0;
        page.state = "serveable";
        page.seenMs = nowMs;
      }
      const sinceLastMs = nowMs - page.learntMs;
      page.learnt = learn(page.learnt, { ok, ...ratiosOf(page.node, seen), sinceLastMs });
      page.learntMs = nowMs;
    },
    remember: (name, [longest], promptTokens) => {
      const prefixes = pages.get(name)?.prefixes;
      if (prefixes === undefined || longest === undefined) return;
      prefixes.delete(longest);
      prefixes.set(longest, promptTokens);
      if (prefixes.size <= MOST_PREFIXES) return;
      const oldest = prefixes.keys().next().value;
      if (oldest !== undefined) prefixes.delete(oldest);
    },
    drain: (name, on) => {
      const page = pages.get(name);
      if (page !== undefined) page.drained = on;
      return page !== undefined;
    },
    setPower: (name, power) => {
      const page = pages.get(name);
      if (page !== undefined) page.power = power;
    },
  };
}

/** Answers shorter than this say more of the network than of the node. */
const LEAST_OUTPUT = 8;
const LEAST_PROMPT = 64;

/** Observed over believed times, where both are known. */
function ratiosOf(
  node: ServingNode,
  seen: SeenAttempt,
): { prefillRatio: number | null; decodeRatio: number | null; overheadMs: null } {
  const belief = node.performance.find((row) => row.model === seen.model) ?? node.performance[0];
  const decode = belief?.decodeTokensPerSecond.expected ?? UNKNOWN_DECODE;
  const prefill = belief?.prefillTokensPerSecond.expected ?? UNKNOWN_PREFILL;
  const { decodeMs, outputTokens, promptTokens, timeToFirstTokenMs } = seen;
  return {
    decodeRatio:
      decodeMs !== null && outputTokens !== null && outputTokens > LEAST_OUTPUT
        ? decodeMs / (((outputTokens - 1) * 1000) / decode)
        : null,
    prefillRatio:
      timeToFirstTokenMs !== null && promptTokens !== null && promptTokens > LEAST_PROMPT
        ? timeToFirstTokenMs / ((promptTokens * 1000) / prefill)
        : null,
    overheadMs: null,
  };
}
