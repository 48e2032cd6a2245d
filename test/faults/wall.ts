// The fault wall, long: `npm run wall -- [--seeds 10000] [--from 0] [--beside 16]`. Prints each wrong outcome.
import { parseArgs } from "node:util";
import { runSeed } from "./relay-wall.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "0" },
    beside: { type: "string", default: "16" },
  },
});
const from = Number(values.from);
const to = from + Number(values.seeds);
let next = from;
let wrong = 0;

async function work(): Promise<void> {
  while (next < to) {
    const seed = next++;
    const outcome = await runSeed(seed);
    if (outcome !== null) {
      wrong++;
      console.log(outcome);
    }
    if ((seed + 1) % 1000 === 0) console.error(`${seed + 1 - from} of ${to - from}`);
  }
}

await Promise.all(Array.from({ length: Number(values.beside) }, work));
console.log(`relay, Node ${process.version}: ${to - from} requests, ${wrong} wrong outcomes`);
process.exitCode = wrong === 0 ? 0 : 1;
