// The benches: `npm run bench -- [NAME…] [-- arguments of the bench]`; without a name the start of the command, `--list` tells
// them all. Each prints our figure, the floor and, where possible, a peer, in one run. The machine should have nothing
// else to do.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const BENCHES: Readonly<Record<string, readonly [file: string, what: string]>> = {
  start: [
    "cold-start.ts",
    "`qwq-fit check` from a cold process to the verdict, beside Node and peers",
  ],
  rehearsal: ["rehearsal-truth.ts", "rehearsals against whole layouts (QwQ-32B: 20 GB of memory)"],
  tune: ["tune-sweep.ts", "`rehearse --tune` against a sweep of all settings"],
  engine: ["engine.mjs", "our scheduler against the raw engine and the binding's batching"],
  serve: ["serve-qwq.mjs", "`serve` against the raw engine on the whole QwQ-32B (20 GB of memory)"],
  decide: ["decide.ts", "one choice among 10,000 nodes"],
  fleets: ["fleets.ts", "ways to choose a node, simulated on the same traces"],
  router: [
    "router.ts",
    "the router beside a bare pass-through (`-- --on workerd`, `-- --portkey`)",
  ],
  streams: ["router-streams.ts", "1,000 slow streams, then memory over 100,000 requests"],
  tunnel: ["tunnel.ts", "a node that dialled in beside the same node by its URL"],
  client: ["client.ts", "the client over raw fetch"],
  replay: ["replay.ts", "a million requests replayed"],
};

const args = process.argv.slice(2);
const cut = args.indexOf("--");
const names = cut < 0 ? args : args.slice(0, cut);
const passed = cut < 0 ? [] : args.slice(cut + 1);
const unknown = names.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  if (!unknown.includes("--list")) console.error(`There is no bench ${unknown.join(", ")}.`);
  for (const [name, [, what]] of Object.entries(BENCHES)) {
    console.log(`${name.padEnd(10)} ${what}`);
  }
  process.exit(unknown.includes("--list") ? 0 : 2);
}
for (const name of names.length === 0 ? ["start"] : names) {
  const file = join(import.meta.dirname, BENCHES[name]?.[0] ?? "");
  const ran = spawnSync(process.execPath, ["--expose-gc", file, ...passed], { stdio: "inherit" });
  if (ran.status !== 0) process.exit(ran.status ?? 1);
}
