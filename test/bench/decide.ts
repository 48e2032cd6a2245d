// One decision over a fleet of 10,000 nodes, beside the floor: one pass for the least busy node that serves the model.
//   node test/bench/decide.ts [--nodes 10000] [--rounds 400]
import { parseArgs } from "node:util";
import { DEFAULT_POLICY, type NodeSnapshot } from "@qwq-fit/schema";
import { selectNode } from "@qwq-fit/routing";
import { createRandom } from "@qwq-fit/simulation";
import { shape, snapshotOf, speed } from "../../packages/routing/src/fleet.case.ts";
import { median } from "../../packages/engine/src/rehearsal/solve.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "10000" },
    rounds: { type: "string", default: "400" },
  },
});
const random = createRandom(1);
const below = (limit: number): number => Math.floor(random.uniform() * limit);
const fleet = Array.from({ length: Number(values.nodes) }, (_, i) =>
  snapshotOf(
    `node-${i}`,
    { slots: 1 + below(8), performance: [speed(100 + below(4000), 5 + below(90))] },
    { inFlight: below(6), queued: below(3), state: below(20) === 0 ? "down" : "serveable" },
  ),
);

function leastBusy(): NodeSnapshot | null {
  let best: NodeSnapshot | null = null;
  for (const one of fleet) {
    if (one.state !== "serveable" || !one.node.models.some(({ id }) => id === shape.model))
      continue;
    if (best === null || one.inFlight + one.queued < best.inFlight + best.queued) best = one;
  }
  return best;
}

function timed(decide: () => unknown): number[] {
  return Array.from({ length: Number(values.rounds) }, () => {
    const startMs = performance.now();
    decide();
    return performance.now() - startMs;
  }).toSorted((a, b) => a - b);
}

const ours = (): unknown => selectNode(shape, fleet, DEFAULT_POLICY);
for (const decide of [ours, leastBusy, ours]) timed(decide);
const [mine, floor] = [timed(ours), timed(leastBusy)];
const p99 = mine[Math.floor(0.99 * mine.length)] ?? 0;
console.log("| nodes | selectNode, ms (median, p99) | one pass for the least busy, ms | ratio |");
console.log("| ----- | ---------------------------- | ------------------------------- | ----- |");
console.log(
  `| ${fleet.length} | ${median(mine).toFixed(2)} ${p99.toFixed(2)} | ${median(floor).toFixed(2)} | ${(median(mine) / median(floor)).toFixed(1)} |`,
);
