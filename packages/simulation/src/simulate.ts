import { createEventHeap } from "./event-heap.ts";
import { createNodeModel } from "./node-model.ts";
import type { NodeModel, NodeUsage } from "./node-types.ts";
import { createNodeView, type NodeView } from "./node-view.ts";
import type { Job, ServiceRates } from "./service-rates.ts";

/** A node of the fleet. */
export interface SimulatedNode {
  readonly name: string;
  readonly rates: ServiceRates;
  /** Times in which it does not serve; what ran is lost and asked again elsewhere. Ms, in order. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** A request of the trace. No text. */
export interface TraceRequest {
  readonly arrivalMs: number;
  readonly promptTokens: number;
  /** Thinking and answer together. */
  readonly outputTokens: number;
  /** Requests with the same key share a prefix. */
  readonly prefixKey?: string | number;
  readonly prefixTokens?: number;
}

/** Picks a node's index for a request, best first in turn of `tried`; -1 gives it up. */
export type Chooser = (
  request: TraceRequest,
  fleet: readonly NodeView[],
  nowMs: number,
  tried: readonly number[],
) => number;

/** What one request met. */
export interface Outcome {
  readonly request: number;
  /** Index of the node that served it; -1 for none. */
  readonly node: number;
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
  readonly tries: number;
}

export interface SimulationInput {
  readonly nodes: readonly SimulatedNode[];
  /** In order of arrival. */
  readonly trace: Iterable<TraceRequest>;
  readonly choose: Chooser;
  /** How long a node's fall or return goes unseen. @default 0 */
  readonly probeMs?: number;
  /** Told of each request as it ends, in order of ending; nothing is kept here. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** Nodes at which one request is tried. @default 3 */
  readonly tries?: number;
  /** Stops here; what has not ended is in the system. @default when all has ended */
  readonly untilMs?: number;
}

/** How a simulation stood when it stopped. */
export interface SimulationEnd {
  readonly arrived: number;
  /** Neither answered nor turned away yet. */
  readonly inSystem: number;
  /** Time of the last event or arrival. */
  readonly endMs: number;
  readonly usage: readonly NodeUsage[];
}

interface Live {
  readonly index: number;
  readonly request: TraceRequest;
  firstTokenMs: number;
  readonly tried: number[];
}

type Event =
  | { readonly kind: "node"; readonly node: number; readonly version: number }
  | { readonly kind: "fall" | "rise" | "seen-down" | "seen-up"; readonly node: number };

/**
 * Runs the trace over the fleet in discrete events. Every request ends exactly once, served or given up:
 * requests are conserved. Pure: the same input gives the same outcomes.
 */
export function simulate(input: SimulationInput): SimulationEnd {
  const { nodes, choose, onOutcome } = input;
  const mostTries = input.tries ?? 3;
  const probeMs = input.probeMs ?? 0;
  const models: NodeModel[] = nodes.map((node) => createNodeModel(node.rates));
  const versions = nodes.map(() => 0);
  const up = nodes.map(() => true);
  const seenUp = nodes.map(() => true);
  const events = createEventHeap<Event>();
  const live = new Map<number, Live>();
  const views: readonly NodeView[] = nodes.map((node, i) =>
    createNodeView(node, models[i] ?? createNodeModel(node.rates), () => seenUp[i] ?? false),
  );
  const stopMs = input.untilMs ?? Number.MAX_VALUE;
  let endMs = 0;

  for (const [node, { outages }] of nodes.entries()) {
    for (const { fromMs, toMs } of outages) {
      events.put(fromMs, { kind: "fall", node });
      events.put(fromMs + probeMs, { kind: "seen-down", node });
      events.put(toMs, { kind: "rise", node });
      events.put(toMs + probeMs, { kind: "seen-up", node });
    }
  }

  const schedule = (node: number): void => {
    const model = models[node];
    if (model === undefined) return;
    const version = (versions[node] ?? 0) + 1;
    versions[node] = version;
    if (model.nextMs < Infinity) events.put(model.nextMs, { kind: "node", node, version });
  };
  const place = (one: Live, nowMs: number): void => {
    while (one.tried.length < mostTries) {
      const node = choose(one.request, views, nowMs, one.tried);
      const model = models[node];
      if (model === undefined) break;
      one.tried.push(node);
      if (up[node] === true && model.offer({ id: one.index, ...one.request }, nowMs)) {
        live.set(one.index, one);
        schedule(node);
        return;
      }
    }
    live.delete(one.index);
    onOutcome({
      request: one.index,
      node: -1,
      timeToFirstTokenMs: 0,
      totalMs: 0,
      tries: one.tried.length,
    });
  };
  const retry = (job: Job, nowMs: number): void => {
    const one = live.get(job.id);
    if (one === undefined) return;
    one.firstTokenMs = -1;
    place(one, nowMs);
  };
  const handle = (event: Event, nowMs: number): void => {
    const { node } = event;
    const model = models[node];
    if (model === undefined) return;
    switch (event.kind) {
      case "seen-down":
        seenUp[node] = false;
        return;
      case "seen-up":
        seenUp[node] = up[node] ?? false;
        return;
      case "rise":
        up[node] = true;
        return;
      case "fall":
        up[node] = false;
        for (const job of model.fail(nowMs)) retry(job, nowMs);
        schedule(node);
        return;
      case "node":
        if (event.version !== versions[node]) return;
        for (const told of model.advance(nowMs)) {
          const one = live.get(told.job.id);
          if (one === undefined) continue;
          if (told.kind === "first-token") {
            if (one.firstTokenMs < 0) one.firstTokenMs = nowMs;
            continue;
          }
          live.delete(one.index);
          const { arrivalMs } = one.request;
          const overheadMs = nodes[node]?.rates.overheadMs ?? 0;
          onOutcome({
            request: one.index,
            node,
            timeToFirstTokenMs: one.firstTokenMs - arrivalMs + overheadMs,
            totalMs: nowMs - arrivalMs + overheadMs,
            tries: one.tried.length,
          });
        }
        schedule(node);
    }
  };
  const runUntil = (untilMs: number): void => {
    while (events.nextMs <= untilMs && events.nextMs < Infinity) {
      const nowMs = events.nextMs;
      const event = events.take();
      if (event === undefined) continue;
      // A node's old plans and its falls far ahead are no work.
      if (event.kind === "node" && event.version === versions[event.node]) endMs = nowMs;
      handle(event, nowMs);
    }
  };

  let index = 0;
  for (const request of input.trace) {
    if (request.arrivalMs > stopMs) break;
    runUntil(request.arrivalMs);
    endMs = request.arrivalMs;
    place({ index: index++, request, firstTokenMs: -1, tried: [] }, request.arrivalMs);
  }
  runUntil(stopMs);
  if (input.untilMs !== undefined) endMs = input.untilMs;
  const usage = models.map((model) => model.usage(endMs));
  return { arrived: index, inSystem: live.size, endMs, usage };
}
