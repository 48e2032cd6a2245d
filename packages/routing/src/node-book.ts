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
  /** `model`: whose breakers are shown; without it, each node's worst. */
  snapshots(nowMs: number, model?: string): readonly NodeSnapshot[];
  nodes(): ReadonlyMap<string, ServingNode>;
  /** Adds a node, or changes what is known of it; its history stays. */
  put(node: ServingNode, nowMs: number): void;
  remove(name: string): void;
  saw(name: string, seen: SeenState, nowMs: number): void;
  /** With a time, a try that never ends (a torn-down isolate's) is forgotten after {@link LOST_AFTER_MS}. */
  started(name: string, nowMs?: number): void;
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
  /** When the tries that run were started, oldest first. */
  readonly running: number[];
  probedInFlight: number;
  queued: number;
  /** By model, those that are not closed. */
  readonly breakers: Map<string, Breaker>;
  busyUntilMs: number;
  /** Until then it is starting, by its own word; its slots are not what is missing. */
  startsUntilMs: number;
  learnt: NodeSnapshot["learnt"];
  learntMs: number;
  readonly prefixes: Map<string, number>;
  drained: boolean;
  power: NodeSnapshot["power"];
}

/** Prefix keys kept for a node: about the conversations that its cache could hold. */
const MOST_PREFIXES = 512;
/** Models whose breakers are remembered for a node; callers may invent names where a node takes any. */
const MOST_BREAKERS = 64;
/** A try that was not heard of for so long is taken as lost: longer than any answer. */
export const LOST_AFTER_MS: number = 30 * 60_000;
/** Longest that a node is left alone at its own word; then it is asked again. */
const LONGEST_BUSY_MS = 10 * 60_000;
/** Belief where nothing is stated; the same as routing assumes. */
const UNKNOWN_PREFILL = 300;
const UNKNOWN_DECODE = 20;

const blankPage = (node: ServingNode, nowMs: number): Page => ({
  node,
  state: "unknown",
  seenMs: nowMs,
  running: [],
  probedInFlight: 0,
  queued: 0,
  breakers: new Map(),
  busyUntilMs: 0,
  startsUntilMs: 0,
  learnt: NOTHING_LEARNT,
  learntMs: nowMs,
  prefixes: new Map(),
  drained: false,
  power: null,
});

/** An empty book. `failuresToOpen` faults in a row open a node's breaker. */
export function createNodeBook(failuresToOpen: number = FAILURES_TO_OPEN): NodeBook {
  const pages = new Map<string, Page>();
  /** Made again where a node came, changed or left: it is asked for with each request. */
  let serving: ReadonlyMap<string, ServingNode> | null = null;
  return {
    snapshots: (nowMs, model) =>
      [...pages.values()].map((page) => ({
        node: page.node,
        state: page.drained ? "down" : page.startsUntilMs > nowMs ? "loading" : page.state,
        ageMs: nowMs - page.seenMs,
        inFlight: Math.max(runningOf(page, nowMs), page.probedInFlight),
        queued: page.queued,
        queuedPromptTokens: null,
        ...breakerOf(page, nowMs, model),
        learnt: page.learnt,
        prefixes: page.prefixes.size === 0 ? null : Object.fromEntries(page.prefixes),
        power: page.power,
      })),
    nodes: () => (serving ??= new Map([...pages].map(([name, page]) => [name, page.node]))),
    put: (node, nowMs) => {
      serving = null;
      const page = pages.get(node.name);
      if (page === undefined) pages.set(node.name, blankPage(node, nowMs));
      else page.node = node;
    },
    remove: (name) => {
      serving = null;
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
    started: (name, nowMs = Infinity) => {
      pages.get(name)?.running.push(nowMs);
    },
    ended: (seen, nowMs, random) => {
      const page = pages.get(seen.node);
      if (page === undefined) return;
      page.running.shift();
      page.probedInFlight = Math.max(0, page.probedInFlight - 1);
      if (seen.outcome === "busy") {
        // A context that is too short for one request says nothing of the next: no time is told then.
        page.busyUntilMs = nowMs + Math.min(LONGEST_BUSY_MS, seen.retryAfterMs ?? 0);
        if (seen.code === "no_node_available") page.startsUntilMs = page.busyUntilMs;
        return;
      }
      if (seen.outcome === "aborted" || seen.outcome === "caller") return;
      const ok = seen.outcome === "ok";
      recordBreaker(page, seen.model, (breaker) =>
        recordOutcome(breaker, ok, nowMs, random, failuresToOpen),
      );
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

/** Tries that run, without those that were lost. */
function runningOf({ running }: Page, nowMs: number): number {
  while ((running[0] ?? Infinity) < nowMs - LOST_AFTER_MS) running.shift();
  return running.length;
}

/** A node's breaker for a model (the one that is open longest, without one), and when to come again. */
function breakerOf(
  page: Page,
  nowMs: number,
  model: string | undefined,
): Pick<NodeSnapshot, "breaker" | "retryAfterMs"> {
  let worst = model === undefined ? CLOSED : (page.breakers.get(model) ?? CLOSED);
  if (model === undefined) {
    for (const one of page.breakers.values()) if (one.openUntilMs > worst.openUntilMs) worst = one;
  }
  return {
    breaker: breakerState(worst, nowMs),
    retryAfterMs: Math.max(0, page.busyUntilMs - nowMs, worst.openUntilMs - nowMs),
  };
}

function recordBreaker({ breakers }: Page, model: string, change: (one: Breaker) => Breaker): void {
  const next = change(breakers.get(model) ?? CLOSED);
  breakers.delete(model);
  if (next === CLOSED) return;
  breakers.set(model, next);
  if (breakers.size <= MOST_BREAKERS) return;
  const oldest = breakers.keys().next().value;
  if (oldest !== undefined) breakers.delete(oldest);
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
