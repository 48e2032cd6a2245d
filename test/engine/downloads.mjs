// 1,000 downloads that are cut at random (every tenth by kill -9), from a loopback server that stalls, changes its file,
// lies about lengths and flips bits. Prints what became of them; fails where one is neither whole nor a clear error.
//   node test/engine/downloads.mjs [first seed] [count]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cutDownload } from "../../packages/engine/src/testing/cut-download.ts";
import { runKilled } from "../../packages/engine/src/testing/run-killed.ts";

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 1000);
const folder = await mkdtemp(join(tmpdir(), "downloads-"));
const outcomes = {};
let [cuts, wrong] = [0, 0];
for (let seed = first; seed < first + count; seed++) {
  const result = await cutDownload(folder, seed, seed % 10 === 0 ? runKilled : undefined);
  outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
  cuts += result.cuts;
  if (result.wrong !== null) {
    wrong++;
    console.error(result.wrong);
  }
}
await rm(folder, { recursive: true });
console.log(JSON.stringify({ downloads: count, cuts, outcomes, wrong }));
process.exitCode = wrong === 0 ? 0 : 1;
