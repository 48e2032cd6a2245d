import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { EngineConfiguration } from "./engine-job.ts";

export interface SimulationJob {
  readonly file: string;
  readonly configurations: readonly (EngineConfiguration & {
    readonly kvCacheType: "f16" | "q8_0";
  })[];
}

/** Bytes of KV cache and compute buffers together, one number a configuration. */
export async function simulateEngine(job: SimulationJob): Promise<readonly number[]> {
  const child = join(import.meta.dirname, "simulation-child.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [child, JSON.stringify(job)]);
  return stdout
    .split("\n")
    .filter((line) => /^\d+$/.test(line))
    .map(Number);
}
