import type { Estimate, NodePerformance, Policy, ServingNode } from "@qwq-fit/schema";
import type { Random } from "./random.ts";
import type { NodeView } from "./node-view.ts";
import { routed } from "./routed.ts";
import type { Chooser, SimulatedNode } from "./simulate.ts";

const free = (fleet: readonly NodeView[], tried: readonly number[]): number[] =>
  fleet.flatMap((node, i) => (node.up && !tried.includes(i) ? [i] : []));

/** Each node in turn. */
export function roundRobin(): Chooser {
  let turn = 0;
  return (_request, fleet, _nowMs, tried) => {
    const open = free(fleet, tried);
    return open.length === 0 ? -1 : (open[turn++ % open.length] ?? -1);
  };
}

const load = (node: NodeView | undefined): number =>
  node === undefined ? Infinity : node.inFlight + node.queued;

/** The node with the fewest requests; the first of equals. */
export function leastBusy(): Chooser {
  return (_request, fleet, _nowMs, tried) => {
    let best = -1;
    for (const i of free(fleet, tried))
      if (best < 0 || load(fleet[i]) < load(fleet[best])) best = i;
    return best;
  };
}

/** The less busy of two drawn nodes. */
export function twoChoices(random: Random): Chooser {
  return (_request, fleet, _nowMs, tried) => {
    const open = free(fleet, tried);
    const draw = (): number => open[Math.floor(random.uniform() * open.length)] ?? -1;
    const one = draw();
    const two = draw();
    return load(fleet[two]) < load(fleet[one]) ? two : one;
  };
}

const exactly = (value: number): Estimate => ({
  low: value,
  expected: value,
  high: value,
  coverage: 0.8,
  method: "measured",
  sources: [],
});

/** What a router would be told of these nodes: their rates at each concurrency, exactly. */
export function servingNodeOf(node: SimulatedNode, model = "model"): ServingNode {
  const { rates } = node;
  const performance: NodePerformance[] = [];
  for (let concurrency = 1; concurrency <= Math.min(64, rates.slots); concurrency++) {
    performance.push({
      model,
      promptTokens: 1024,
      concurrency,
      prefillTokensPerSecond: exactly(rates.prefillTokensPerSecond),
      decodeTokensPerSecond: exactly(rates.decodeTokensPerSecond(concurrency)),
    });
  }
  return {
    name: node.name,
    engine: "openai-compatible",
    baseUrl: `http://${node.name}.invalid/v1`,
    privacy: "own-network",
    region: null,
    models: [],
    slots: rates.slots,
    capabilities: {
      tools: true,
      jsonSchema: true,
      vision: false,
      embeddings: false,
      logprobs: false,
      continuation: true,
      apis: ["chat"],
    },
    performance,
  };
}

/** The router's own decision over what it would know. `expectedOutputTokens` is its guess for all. */
export function predictive(
  nodes: readonly SimulatedNode[],
  policy: Policy,
  expectedOutputTokens: number,
): Chooser {
  return routed(
    nodes.map((node) => servingNodeOf(node)),
    policy,
    expectedOutputTokens,
  );
}
