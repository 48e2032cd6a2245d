// 200 times kill -9 of the engine at a random moment while streams run: every request ends, the engine comes back, no
// process stays, memory comes back. Prints the counts; fails where something else happened.
//   node test/engine/kills.mjs [first seed] [count]
import { existsSync, readFileSync } from "node:fs";
import { startChildScripted } from "../../packages/engine/src/testing/child-scripted.ts";
import { killRun } from "../../packages/engine/src/testing/kill-run.ts";

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 200);
/** What the server may grow by over all kills: what died with a child must not stay here. */
const MOST_GROWTH_MIB = 64;
const { engine, model, dispose } = await startChildScripted({ queueLimit: 32 });
const total = { served: 0, crashed: 0 };
let wrong = 0;
let settledMiB = null;
for (let seed = first; seed < first + count; seed++) {
  const result = await killRun(engine, model.text, seed);
  total.served += result.served;
  total.crashed += result.crashed;
  wrong += result.wrong.length;
  for (const line of result.wrong) console.error(line);
  // Node's own heap has grown to its size by then.
  if (seed === first + Math.floor(count / 4)) settledMiB = rssMiB();
}
const { crashes, generation, running, queued } = engine.state();
const children = childrenOf(process.pid);
const grownMiB = settledMiB === null ? 0 : rssMiB() - settledMiB;
if (children !== null && children.length !== 1) wrong++;
if (grownMiB > MOST_GROWTH_MIB) wrong++;
console.log(
  JSON.stringify({
    kills: count,
    ...total,
    crashes,
    generation,
    running,
    queued,
    wrong,
    children,
    grownMiB,
    rssMiB: rssMiB(),
  }),
);
await dispose();
process.exitCode = wrong === 0 ? 0 : 1;

function rssMiB() {
  return Math.round(process.memoryUsage().rss / 2 ** 20);
}

/** States of the processes that we have ("Z": a zombie); null where the system does not tell. */
function childrenOf(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(path)) return null;
  const pids = readFileSync(path, "utf8").trim().split(" ").filter(Boolean);
  return pids.map((child) => /\) (\w)/.exec(readFileSync(`/proc/${child}/stat`, "utf8"))?.[1]);
}
