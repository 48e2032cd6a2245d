// Ways to choose a node, on the same traces: `node test/bench/fleets.ts [--requests 6000] [--seeds 3]`.
import { parseArgs } from "node:util";
import { compareChoosers, FLEETS } from "@qwq-fit/simulation";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "6000" },
    seeds: { type: "string", default: "3" },
  },
});
const requests = Number(values.requests);
const seeds = Number(values.seeds);
const seconds = (ms: number): string => (ms / 1000).toFixed(2);

console.log(
  "| fleet | load | way | mean first token, s | p99 first token, s | mean answer, s | turned away |",
);
console.log("|---|---|---|---|---|---|---|");
for (const fleet of FLEETS) {
  for (const load of [0.2, 0.5, 0.8, 1, 1.2, 1.5]) {
    const sums = new Map<string, [first: number, p99: number, total: number, rejected: number]>();
    for (let seed = 1; seed <= seeds; seed++) {
      for (const [name, got] of Object.entries(compareChoosers(fleet, load, requests, seed))) {
        const sum = sums.get(name) ?? [0, 0, 0, 0];
        sum[0] += got.meanTimeToFirstTokenMs / seeds;
        sum[1] += got.p99TimeToFirstTokenMs / seeds;
        sum[2] += got.meanTotalMs / seeds;
        sum[3] += got.rejected / seeds;
        sums.set(name, sum);
      }
    }
    for (const [name, [first, p99, total, rejected]] of sums) {
      console.log(
        `| ${fleet.name} | ${load} | ${name} | ${seconds(first)} | ${seconds(p99)} | ${seconds(total)} | ${rejected.toFixed(0)} |`,
      );
    }
  }
}
