// 1,000 seeded mixes of concurrent streams, aborts, stops and long prompts on the real engine with the scripted model:
// every token exactly once. Prints the counts; fails where a stream said something else.
//   node test/engine/mixes.mjs [first seed] [count]
import { startChildScripted } from "../../packages/engine/src/testing/child-scripted.ts";
import { runMix } from "../../packages/engine/src/testing/random-mix.ts";

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 1000);
const { engine, model, dispose } = await startChildScripted({ queueLimit: 64 });
const script = { thoughts: model.thought.length, words: model.answer.length };
const total = { streams: 0, whole: 0, stopped: 0, limited: 0, aborted: 0 };
let wrong = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = await runMix(engine, script, seed);
  for (const key of Object.keys(total)) total[key] += result[key];
  wrong += result.wrong.length;
  for (const line of result.wrong) console.error(line);
}
console.log(JSON.stringify({ mixes: count, ...total, wrong, crashes: engine.state().crashes }));
await dispose();
process.exitCode = wrong === 0 ? 0 : 1;
