import type { DeviceRules } from "./device-rules.ts";

/** Index into the devices, or -1 for the host. */
export type DeviceIndex = number;
/** The host's index. */
export const HOST: DeviceIndex = -1;

/** Where each block and the output head go. */
export interface LayerSplit {
  /** Of blocks 0 to n-1. */
  readonly blocks: readonly DeviceIndex[];
  readonly output: DeviceIndex;
}

/**
 * The engine's split of layers: the last `offloadedLayers` of blocks and head go to devices, in
 * shares of the devices' free memory (llama.cpp v0.5.0 src/llama-model.cpp, llama_model_base::load_tensors).
 */
export function splitLayers(
  blockCount: number,
  offloadedLayers: number,
  devices: readonly DeviceRules[],
): LayerSplit {
  const layers = blockCount + 1;
  const first = Math.max(layers - offloadedLayers, 0);
  const offloaded = devices.length === 0 ? 0 : Math.min(offloadedLayers, layers);
  const bounds = shareBounds(devices);
  const place = (layer: number): DeviceIndex => {
    if (layer < first || layer - first >= offloaded) return HOST;
    const share = Math.fround((layer - first) / offloaded);
    const index = bounds.findIndex((bound) => bound > share);
    return index === -1 ? devices.length - 1 : index;
  };
  return {
    blocks: Array.from({ length: blockCount }, (_, block) => place(block)),
    output: place(blockCount),
  };
}

/** Upper bounds of the devices' shares, 0 to 1, in the engine's single precision. */
function shareBounds(devices: readonly DeviceRules[]): readonly number[] {
  let sum = 0;
  const sums = devices.map(({ freeBytes }) => {
    sum = Math.fround(sum + Math.fround(freeBytes ?? 1));
    return sum;
  });
  return sums.map((upTo) => Math.fround(upTo / sum));
}
