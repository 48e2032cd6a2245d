// Asks the engine's own simulation, which allocates nothing, what contexts of one file would take: a JSON line each.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { SimulationJob } from "./simulation-job.ts";

/** The part of node-llama-cpp that is used here. */
interface Engine {
  readonly getLlama: (options: object) => Promise<object>;
  readonly readGgufFileInfo: (file: string) => Promise<object>;
  readonly GgufInsights: {
    from(
      info: object,
      llama: object,
    ): Promise<{
      estimateContextResourceRequirementsV2(options: object): Promise<{ readonly cpuRam: number }>;
    }>;
  };
}

const root = join(import.meta.dirname, "..", "..");
const entry = createRequire(join(root, "packages/engine/package.json")).resolve("node-llama-cpp");
const engine: Engine = await import(pathToFileURL(entry).href);
const job: SimulationJob = JSON.parse(process.argv[2] ?? "{}");
const llama = await engine.getLlama({ gpu: false, build: "never", logLevel: "error" });
const insights = await engine.GgufInsights.from(await engine.readGgufFileInfo(job.file), llama);
/** ggml.h, enum ggml_type. */
const TYPES = { f16: 1, q8_0: 8 } as const;
for (const configuration of job.configurations) {
  const type = TYPES[configuration.kvCacheType];
  const needed = await insights.estimateContextResourceRequirementsV2({
    contextSize: configuration.contextTokens,
    batchSize: configuration.batchTokens,
    sequences: configuration.sequences,
    flashAttention: configuration.flashAttention,
    modelGpuLayers: 0,
    kvCacheKeyType: type,
    kvCacheValueType: type,
  });
  console.log(JSON.stringify(needed.cpuRam));
}
process.exit(0);
