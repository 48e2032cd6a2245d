// node test/fuzz/tools.ts --cases 100000 [--seed 1]: machines whose tools print what nobody expected, many more than
// `npm test` tries.
import { parseArgs } from "node:util";
import { fuzzTools } from "../../packages/profiler/src/test-support/fuzz-tools.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
  },
});
const start = performance.now();
const report = await fuzzTools(Number(values.cases), Number(values.seed));
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`${values.cases} machines in ${seconds} s, ${peakMiB} MiB at most`, report);
