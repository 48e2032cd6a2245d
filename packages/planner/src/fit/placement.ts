import type { ModelProfile, Placement } from "@qwq-fit/schema";

/** A device and its share of the offloaded layers. */
export interface DeviceShare {
  readonly device: string;
  readonly share: number;
}

/**
 * Which device holds which block when `offloadedLayers` of `blocks + 1` (the output head is the last)
 * leave the CPU: the last ones go, in the order of the devices, in proportion to their shares.
 *
 * llama.cpp v0.5.0 src/llama-model.cpp, llama_model_base::load_tensors: `i_gpu_start`, and
 * `layer_gpu = upper_bound(splits, (il - i_gpu_start) / act_gpu_layers)`.
 */
export function placeLayers(
  model: ModelProfile,
  offloadedLayers: number,
  shares: readonly DeviceShare[],
  expertsOnCpu: boolean,
): readonly Placement[] {
  const head = model.blocks.length;
  const first = Math.max(0, head + 1 - offloadedLayers);
  const runs: { device: string; firstBlock: number; lastBlock: number }[] = [];
  const put = (device: string, block: number): void => {
    const run = runs.at(-1);
    if (run !== undefined && run.device === device) run.lastBlock = block;
    else runs.push({ device, firstBlock: block, lastBlock: block });
  };
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  const ends: number[] = [];
  let sum = 0;
  for (const { share } of shares) ends.push((sum += share) / total);
  const count = Math.min(offloadedLayers, head + 1);
  for (let block = 0; block <= head; block += 1) {
    if (block < first || shares.length === 0) {
      put("host", block);
      continue;
    }
    const at = ends.findIndex((end) => end > (block - first) / count);
    put(shares[at < 0 ? shares.length - 1 : at]?.device ?? "host", block);
  }
  if (!expertsOnCpu) return runs.map((run) => ({ ...run, part: "all" }));
  return [
    ...runs.map((run): Placement => ({
      ...run,
      part: run.device === "host" ? "all" : "without-experts",
    })),
    ...runs
      .filter(({ device }) => device !== "host")
      .map((run): Placement => ({ ...run, device: "host", part: "experts" })),
  ];
}
