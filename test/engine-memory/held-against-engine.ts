import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readModelFile, writeSparseGguf } from "@qwq-fit/models/node";
import { estimateMemory } from "@qwq-fit/planner";
import type { HardwareProfile, ModelEntry } from "@qwq-fit/schema";

import { differences, type Tolerance } from "./compare.ts";
import { type EngineConfiguration, type EngineJob, runEngine } from "./engine-job.ts";

/** A file to write and how to load it. */
export interface HeldFile {
  /** Catalogue id: "Qwen/QwQ-32B". */
  readonly model: string;
  readonly quantization: string;
  readonly blocks: number;
  readonly mmap: boolean;
  readonly configurations: readonly EngineConfiguration[];
  readonly backend?: EngineJob["backend"];
  readonly offloadedLayers?: number;
  readonly devices?: number;
}

/** Differences of one file's configurations; null where this machine has no device for the backend. */
export async function holdAgainstEngine(
  held: HeldFile,
  hardware: HardwareProfile,
  tolerance: Tolerance,
): Promise<{ readonly checked: number; readonly differences: readonly string[] } | null> {
  const folder = await mkdtemp(join(tmpdir(), "qwq-fit-memory-"));
  try {
    const file = join(folder, "model.gguf");
    await writeSparseGguf(file, catalogEntry(held.model), held);
    const { backend = "cpu", offloadedLayers = 0, devices = 1, mmap, configurations } = held;
    const job = { file, backend, offloadedLayers, mmap, devices, configurations };
    const answers = await runEngine(job);
    if (answers === null) return null;
    const model = await readModelFile(file);
    const [variant] = model.weights;
    if (variant === undefined) throw new Error("the file has no weights");
    const found = configurations.flatMap((asked, index) => {
      const answer = answers[index] ?? { error: "no answer" };
      const label = `${held.model} ${held.quantization} ${JSON.stringify(asked)}`;
      if ("error" in answer) return [`${label}: the engine failed: ${answer.error}`];
      const settings = {
        ...asked,
        backend,
        offloadedLayers,
        mmap,
        threads: 1,
        engineVersion: "3.22.1",
      };
      const report = estimateMemory(model, variant, settings, withDevices(hardware, devices));
      return differences(report, answer.log, tolerance).map((text) => `${label}: ${text}`);
    });
    return { checked: configurations.length, differences: found };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The machine with its first device as often as asked. */
function withDevices(hardware: HardwareProfile, count: number): HardwareProfile {
  const [first] = hardware.devices;
  if (first === undefined || count === 1) return hardware;
  const devices = Array.from({ length: count }, (_, index) => ({
    ...first,
    id: `device:${index}`,
  }));
  return { ...hardware, devices };
}

/** A shipped catalogue entry. */
export function catalogEntry(id: string): ModelEntry {
  const path = join(import.meta.dirname, "../../profiles/models", `${id}.json`);
  const entry: ModelEntry = JSON.parse(readFileSync(path, "utf8"));
  return entry;
}

/** A configuration in few words: context, batch, sequences, cache type, flash attention. */
export function configuration(
  contextTokens: number,
  batchTokens: number,
  sequences: number,
  kvCacheType: EngineConfiguration["kvCacheType"],
  flashAttention: boolean,
): EngineConfiguration {
  return { contextTokens, batchTokens, sequences, kvCacheType, flashAttention };
}
