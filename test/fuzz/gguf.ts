// node test/fuzz/gguf.ts --cases 100000 [--seed 1]: hostile GGUF headers, many more than `npm test` tries.
import { parseArgs } from "node:util";

import { cutEntry } from "../../packages/models/src/index.ts";
import { catalogEntry } from "../../packages/models/src/test-support/catalog-entries.ts";
import { fuzzGguf } from "../../packages/models/src/test-support/fuzz-gguf.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
  },
});
const ids = ["Qwen/QwQ-32B", "deepseek-ai/DeepSeek-R1", "Qwen/Qwen3.5-35B-A3B"];
const entries = ids.map((id) => cutEntry(catalogEntry(id), 4));
const start = performance.now();
const report = await fuzzGguf(entries, Number(values.cases), Number(values.seed));
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`${values.cases} cases in ${seconds} s, ${peakMiB} MiB at most`);
console.log(
  `slowest ${report.slowestMs.toFixed(1)} ms, most bytes read ${report.mostBytesRead}`,
  Object.fromEntries(report.outcomes),
);
