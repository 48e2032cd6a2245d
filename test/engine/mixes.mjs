// 1,000 seeded mixes of concurrent streams, aborts, stops and long prompts through the real server on the real engine with
// the scripted model: every token exactly once. Prints the counts; fails where a stream said something else.
//   node test/engine/mixes.mjs [first seed] [count]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { QWQ } from "../../packages/engine/src/api/testing/serve-api.ts";
import { startServer } from "../../packages/engine/src/index.ts";
import { createHttpEngine } from "../../packages/engine/src/server/testing/http-engine.ts";
import { startChildScripted } from "../../packages/engine/src/testing/child-scripted.ts";
import { runMix } from "../../packages/engine/src/testing/random-mix.ts";

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 1000);
const { engine, model, dispose } = await startChildScripted({ queueLimit: 64 });
const stateDir = await mkdtemp(join(tmpdir(), "mixes-"));
const open = () => Promise.resolve(engine);
const server = await startServer({ open, model: QWQ, plan: null, stateDir });
const client = createHttpEngine(server.baseUrl);
const script = { thoughts: model.thought.length, words: model.answer.length };
const total = { streams: 0, whole: 0, stopped: 0, limited: 0, aborted: 0 };
let wrong = 0;
for (let seed = first; seed < first + count; seed++) {
  const result = await runMix(client, script, seed);
  for (const key of Object.keys(total)) total[key] += result[key];
  wrong += result.wrong.length;
  for (const line of result.wrong) console.error(line);
}
// The last abort takes a batch to be heard of; what stays longer would be lost for good.
for (let look = 0; look < 100 && engine.state().running > 0; look++) await setTimeout(50);
const { crashes, running, queued } = engine.state();
console.log(JSON.stringify({ mixes: count, ...total, wrong, crashes, running, queued }));
await server.stop({ graceMs: 0 });
await dispose();
await rm(stateDir, { recursive: true });
process.exitCode = wrong + crashes + running + queued === 0 ? 0 : 1;
