// Loads one file in the real engine and prints, a JSON line per configuration, what it says about its buffers.
// Run in a process of its own: a refused configuration may end it.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { EngineConfiguration, EngineJob } from "./engine-job.ts";

/** The part of node-llama-cpp that is used here. */
interface Engine {
  readonly getLlama: (options: object) => Promise<{
    getGpuDeviceNames(): Promise<readonly string[]>;
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ dispose(): Promise<void> }>;
    }>;
  }>;
}

/** The exit code where the engine cannot start its backend here; engine-job.ts takes it for "skip". */
const NO_DEVICE = 3;
const root = join(import.meta.dirname, "..", "..");

async function importEngine(): Promise<Engine> {
  const entry = createRequire(join(root, "packages/engine/package.json")).resolve("node-llama-cpp");
  const engine: Engine = await import(pathToFileURL(entry).href);
  return engine;
}

/** The engine's log, in parts: before the first context, then one for each. */
class EngineLog {
  readonly #parts: string[] = [""];
  #waiting: (() => void)[] = [];

  add(text: string): void {
    if (text.includes("constructing llama_context")) this.#parts.push("");
    this.#parts[this.#parts.length - 1] += `${text}\n`;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  get contexts(): number {
    return this.#parts.length - 1;
  }

  get model(): string {
    return this.#parts[0] ?? "";
  }

  /** The log reaches us later than the call returns; a context's ends with the time that reserving took. */
  async context(index: number): Promise<string> {
    while (!this.#parts[index]?.includes("reserve took")) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#parts[index];
  }
}

async function run(job: EngineJob): Promise<void> {
  const log = new EngineLog();
  const { getLlama } = await importEngine();
  const starting = getLlama({
    build: "never",
    gpu: job.backend === "cpu" ? false : job.backend,
    logLevel: "info",
    logger: (_level: string, text: string) => {
      log.add(text);
    },
  });
  const llama = await (job.backend === "cpu"
    ? starting
    : starting.catch(() => process.exit(NO_DEVICE)));
  if (job.backend !== "cpu" && (await llama.getGpuDeviceNames()).length === 0)
    process.exit(NO_DEVICE);
  const model = await llama.loadModel({
    modelPath: job.file,
    useMmap: job.mmap,
    gpuLayers: job.offloadedLayers,
    ignoreMemorySafetyChecks: true,
  });
  for (const configuration of job.configurations) {
    const next = log.contexts + 1;
    try {
      const context = await model.createContext(contextOptions(configuration));
      const text = await log.context(next);
      await context.dispose();
      console.log(JSON.stringify({ log: `${log.model}${text}` }));
    } catch (error) {
      console.log(JSON.stringify({ error: error instanceof Error ? error.message : "unknown" }));
    }
  }
  process.exit(0);
}

function contextOptions(configuration: EngineConfiguration): object {
  const type = configuration.kvCacheType.toUpperCase();
  return {
    contextSize: configuration.contextTokens,
    batchSize: configuration.batchTokens,
    sequences: configuration.sequences,
    flashAttention: configuration.flashAttention,
    experimentalKvCacheKeyType: type,
    experimentalKvCacheValueType: type,
    threads: 1,
    ignoreMemorySafetyChecks: true,
    failedCreationRemedy: false,
  };
}

const job: EngineJob = JSON.parse(process.argv[2] ?? "{}");
await run(job);
