import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { ModelEntry } from "@qwq-fit/schema";
import { read, root } from "../support/repository.ts";
import { median, measure } from "./measure.ts";

/*
 * `npm run bench`: the time of `qwq-fit check` from a cold process to the verdict, beside the floor (Node doing nothing)
 * and beside peers that answer a like question, on a sparse file of QwQ-32B where they take a file. Peers are run only where they are: llm-checker in a folder that
 * BENCH_PEERS names (`npm install llm-checker` there), node-llama-cpp from this repository's own dev dependencies.
 */

const RUNS = 7;
const folder = mkdtempSync(join(tmpdir(), "qwq-fit-bench-"));
const file = join(folder, "qwq-32b-q4_k_m.gguf");
const entry = JSON.parse(read("profiles/models/Qwen/QwQ-32B.json")) as ModelEntry;
await writeSparseGguf(file, entry, { quantization: "Q4_K_M" });
const peers = process.env["BENCH_PEERS"] ?? root;

interface Row {
  readonly name: string;
  readonly script: string | null;
  readonly args: readonly string[];
  readonly runs: number;
}

/** A slow peer is run once less often, or the whole would take minutes. */
const SLOW_RUNS = 2;

const rows: readonly Row[] = [
  { name: "node -e 0 (the floor)", script: null, args: ["-e", "0"], runs: RUNS },
  {
    name: "qwq-fit check",
    script: join(root, "packages/qwq-fit/bin/qwq-fit.mjs"),
    args: ["check"],
    runs: RUNS,
  },
  {
    name: "qwq-fit check --json",
    script: join(root, "packages/qwq-fit/bin/qwq-fit.mjs"),
    args: ["check", "--json"],
    runs: RUNS,
  },
  {
    name: "llm-checker check",
    script: join(peers, "node_modules/llm-checker/bin/enhanced_cli.js"),
    args: ["check"],
    runs: SLOW_RUNS,
  },
  {
    name: "qwq-fit estimate FILE",
    script: join(root, "packages/qwq-fit/bin/qwq-fit.mjs"),
    args: ["estimate", file],
    runs: RUNS,
  },
  {
    name: "node-llama-cpp inspect estimate FILE",
    script: join(root, "packages/engine/node_modules/node-llama-cpp/dist/cli/cli.js"),
    args: ["inspect", "estimate", file],
    runs: SLOW_RUNS,
  },
];

const results = rows.map(({ name, script, args, runs }) => ({
  name,
  times:
    script !== null && !existsSync(script)
      ? null
      : measure(process.execPath, script === null ? args : [script, ...args], runs),
}));
const ours = results.find(({ name }) => name === "qwq-fit check")?.times ?? [];
const wide = Math.max(...results.map(({ name }) => name.length));
for (const { name, times } of results) {
  const told =
    times === null
      ? "not here"
      : `${median(times).toFixed(0).padStart(6)} ms   fastest ${(times[0] ?? Number.NaN).toFixed(0).padStart(6)} ms   ${(median(times) / median(ours)).toFixed(2).padStart(6)} × qwq-fit check`;
  console.log(`${name.padEnd(wide)}  ${told}`);
}
rmSync(folder, { recursive: true, force: true });
