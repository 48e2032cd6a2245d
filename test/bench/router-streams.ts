// Many slow streams at once through the router on Node, then many requests one after the other; memory of the
// process (router, node and callers together) is printed:
//   node --expose-gc test/bench/router-streams.ts [--streams 1000] [--requests 100000]
import { parseArgs } from "node:util";
import { readStream, startSlowBench } from "./router-parts/slow-streams.ts";

const { values } = parseArgs({
  options: {
    streams: { type: "string", default: "1000" },
    requests: { type: "string", default: "100000" },
  },
});

const heldMiB = (): string => {
  Reflect.get(globalThis, "gc")?.();
  const { heapUsed, rss } = process.memoryUsage();
  return `${(heapUsed / 2 ** 20).toFixed(1)} MiB of heap, ${(rss / 2 ** 20).toFixed(0)} MiB resident`;
};

const streams = Number(values.streams);
const slow = await startSlowBench(30, 200);
console.log(`before: ${heldMiB()}`);
const all = await Promise.all(Array.from({ length: streams }, () => readStream(slow.router.url)));
console.log(
  `${streams} streams asked at once: ${all.filter(Boolean).length} whole, ${slow.atNode.most} at the node at once, ${slow.router.router.fleet.snapshots()[0]?.inFlight} left in flight, after: ${heldMiB()}`,
);
await slow.close();

const quick = await startSlowBench(1, 0);
const requests = Number(values.requests);
for (let tenth = 1; tenth <= 10; tenth++) {
  let left = requests / 10;
  const work = async (): Promise<void> => {
    while (left-- > 0) await readStream(quick.router.url);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  console.log(`${(tenth * requests) / 10} requests: ${heldMiB()}`);
}
await quick.close();
