import type { ModelProfile, TensorInfo } from "@qwq-fit/schema";
import type { ContextParameters } from "../context-parameters.ts";
import type { DeviceIndex, LayerSplit } from "../layer-split.ts";
import type { WeightBuffer } from "../weights/place-weights.ts";

/** What a compute graph is built from. */
export interface GraphInput {
  readonly model: ModelProfile;
  readonly context: ContextParameters;
  readonly split: LayerSplit;
  /** Weights by name; the output head is always under "output.weight". */
  readonly weights: ReadonlyMap<string, TensorInfo>;
  readonly bufferOf: ReadonlyMap<string, WeightBuffer>;
  /** Blocks that are built: all, or enough of each kind for the peak. */
  readonly blocks: readonly number[];
  readonly offloadedLayers: number;
}

/** The batch for which a graph is built. */
export interface GraphBatch {
  readonly tokens: number;
  readonly outputs: number;
}

/** Index of the CPU among the scheduler's backends is the number of devices. */
export function backendOf(device: DeviceIndex, deviceCount: number): number {
  return device < 0 ? deviceCount : device;
}
