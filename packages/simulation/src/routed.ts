import { NOTHING_LEARNT, selectNode } from "@qwq-fit/routing";
import type { NodeSnapshot, Policy, RequestShape, ServingNode } from "@qwq-fit/schema";
import type { Chooser } from "./simulate.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The one model of a replay; nodes without a list of models take any. */
const MODEL = "model";
const PREFIX = "prefix";

/**
 * The router's own decision: `selectNode` over what it would know of these nodes at the time. A node that is switched
 * off is open to it, with the time of its start as overhead. Snapshots are written over for each request: there are
 * millions.
 *
 * @param expectedOutputTokens - Its guess for all requests; nobody knows an answer's length before it is there.
 */
export function routed(
  nodes: readonly ServingNode[],
  policy: Policy,
  expectedOutputTokens: number,
): Chooser {
  const indexOf = new Map(nodes.map((node, i) => [node.name, i]));
  const prefixes = nodes.map((): Record<string, number> => ({ [PREFIX]: 0 }));
  const learnt = nodes.map(() => ({ ...NOTHING_LEARNT }));
  const all = nodes.map((node, i): Writable<NodeSnapshot> => ({
    node,
    state: "serveable",
    ageMs: 0,
    inFlight: 0,
    queued: 0,
    queuedPromptTokens: 0,
    breaker: "closed",
    retryAfterMs: 0,
    learnt: learnt[i] ?? NOTHING_LEARNT,
    prefixes: null,
    power: null,
  }));
  const shape: Writable<RequestShape> = {
    model: MODEL,
    promptTokens: 0,
    outputTokens: expectedOutputTokens,
    maxOutputTokens: null,
    stream: true,
    api: "chat",
    needs: [],
    prefixKeys: [PREFIX],
  };
  const open: NodeSnapshot[] = [];
  return (request, fleet, nowMs, tried) => {
    open.length = 0;
    for (const [i, view] of fleet.entries()) {
      const snapshot = all[i];
      if (snapshot === undefined || tried.includes(i) || !view.holds(request)) continue;
      snapshot.state = view.up ? "serveable" : "down";
      snapshot.inFlight = view.inFlight;
      snapshot.queued = view.queued;
      snapshot.queuedPromptTokens = view.queuedPromptTokens;
      const cached = view.cachedTokens(request);
      const known = prefixes[i];
      if (known !== undefined) known[PREFIX] = cached;
      snapshot.prefixes = cached > 0 && known !== undefined ? known : null;
      const facts = learnt[i];
      if (facts !== undefined) facts.overheadMs = view.overheadMs + view.readyInMs(nowMs);
      open.push(snapshot);
    }
    if (open.length === 0) return -1;
    shape.promptTokens = request.promptTokens;
    const decision = selectNode(shape, open, policy, { ranked: 1, rejected: 0 });
    return decision.kind === "route" ? (indexOf.get(decision.ranked[0]?.node ?? "") ?? -1) : -1;
  };
}
