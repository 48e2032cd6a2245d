// 200 times kill -9 of the engine at a random moment while streams run: every request ends, the engine comes back, no
// process stays. Prints the counts; fails where something else happened.
//   node test/engine/kills.mjs [first seed] [count]
import { startChildScripted } from "../../packages/engine/src/testing/child-scripted.ts";
import { killRun } from "../../packages/engine/src/testing/kill-run.ts";

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 200);
const { engine, model, dispose } = await startChildScripted({ queueLimit: 32 });
const total = { served: 0, crashed: 0 };
let wrong = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = await killRun(engine, model.text, seed);
  total.served += result.served;
  total.crashed += result.crashed;
  wrong += result.wrong.length;
  for (const line of result.wrong) console.error(line);
}
const { crashes, generation } = engine.state();
const rssMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
console.log(
  JSON.stringify({ kills: count, ...total, crashes, generation, wrong, serverRssMiB: rssMiB }),
);
await dispose();
process.exitCode = wrong === 0 ? 0 : 1;
