import type { HardwareProfile, ModelProfile, WeightsVariant } from "@qwq-fit/schema";
import { computeBytes } from "./compute-memory.ts";
import { type ContextParameters, contextParameters } from "./context-parameters.ts";
import { deviceRules } from "./device-catalog.ts";
import type { DeviceRules } from "./device-rules.ts";
import { condenseBlocks } from "./graph/condense-blocks.ts";
import { kvCacheBytes } from "./kv-cache.ts";
import { HOST, type LayerSplit, splitLayers } from "./layer-split.ts";
import type { LlamaCppSettings } from "./llama-cpp-settings.ts";
import { outputBytes } from "./output-buffer.ts";
import { type CpuFeatures, cpuFeatures } from "./weights/cpu-layouts.ts";
import { keepsOnCpu } from "./weights/expert-placement.ts";
import { placeWeights, type WeightPlacement } from "./weights/place-weights.ts";
import { WeightTable } from "./weights/weight-table.ts";

/** Buffers on one device or the host, in bytes, as the engine prints them. */
export interface BufferBytes {
  /** A device id of the profile, or "host". */
  readonly device: string;
  readonly weightsBytes: number;
  readonly repackedBytes: number;
  readonly kvCacheBytes: number;
  readonly computeBytes: number;
  readonly outputBytes: number;
}

/** Everything that a memory estimate found out. */
export interface MemoryEstimate {
  readonly context: ContextParameters;
  readonly split: LayerSplit;
  /** The devices in the engine's order. */
  readonly devices: readonly DeviceRules[];
  /** The host first, then the devices. */
  readonly buffers: readonly BufferBytes[];
}

/** Estimates memory for one model on one machine; holds what does not change between settings. */
export class MemoryEstimator {
  readonly #model: ModelProfile;
  readonly #hardware: HardwareProfile;
  readonly #wholeGraph: boolean;
  readonly #weights: WeightTable;
  readonly #features: CpuFeatures;
  readonly #placements = new Map<string, WeightPlacement>();
  readonly #compute = new Map<string, readonly number[]>();

  /** @param options.wholeGraph walks every block instead of one of each kind; slower, for tests. */
  constructor(
    model: ModelProfile,
    variant: WeightsVariant,
    hardware: HardwareProfile,
    options: { readonly wholeGraph?: boolean } = {},
  ) {
    this.#wholeGraph = options.wholeGraph ?? false;
    this.#model = model;
    this.#hardware = hardware;
    this.#weights = new WeightTable(variant.tensors);
    this.#features = cpuFeatures(hardware.cpu);
  }

  /** @throws QwqError `unsupported_combination`, `unsupported_model`, `invalid_value`. */
  estimate(settings: LlamaCppSettings): MemoryEstimate {
    const context = contextParameters(settings, this.#model);
    const devices = deviceRules(this.#hardware, settings);
    const split = splitLayers(
      this.#model.blocks.length + this.#model.predictionBlocks,
      settings.offloadedLayers,
      devices,
    );
    const placement = this.#placement(settings, split, devices);
    const kv = kvCacheBytes(this.#model, context, split, devices);
    const compute = this.#computeBytes(settings, context, split, devices, placement);
    const at = (buffer: "cpu" | "amx" | "repack" | "pinned" | number): number =>
      placement.bytes.get(buffer) ?? 0;
    const host: BufferBytes = {
      device: "host",
      weightsBytes: at("cpu") + at("pinned"),
      repackedBytes: at("amx") + at("repack"),
      kvCacheBytes: kv.get(HOST) ?? 0,
      computeBytes: compute[devices.length] ?? 0,
      outputBytes: outputBytes(this.#model, context, devices[split.output] ?? null),
    };
    const others = devices.map(({ id }, index) => ({
      device: id,
      weightsBytes: at(index),
      repackedBytes: 0,
      kvCacheBytes: kv.get(index) ?? 0,
      computeBytes: compute[index] ?? 0,
      outputBytes: 0,
    }));
    return { context, split, devices, buffers: [host, ...others] };
  }

  #placement(
    settings: LlamaCppSettings,
    split: LayerSplit,
    devices: readonly DeviceRules[],
  ): WeightPlacement {
    const key = JSON.stringify([
      settings.mmap,
      settings.repack,
      settings.expertsOnCpu,
      settings.expertBlocksOnCpu,
      settings.offloadedLayers,
      devices.map(({ id }) => id),
    ]);
    const known = this.#placements.get(key);
    if (known !== undefined) return known;
    const made = placeWeights({
      table: this.#weights,
      split,
      devices,
      features: this.#features,
      mmap: settings.mmap,
      repack: settings.repack !== false,
      staysOnCpu: keepsOnCpu(settings),
      loadedBlocks: this.#model.blocks.length,
    });
    this.#placements.set(key, made);
    return made;
  }

  #computeBytes(
    settings: LlamaCppSettings,
    context: ContextParameters,
    split: LayerSplit,
    devices: readonly DeviceRules[],
    placement: WeightPlacement,
  ): readonly number[] {
    const key = JSON.stringify([
      context,
      settings.offloadedLayers,
      settings.mmap,
      settings.repack,
      settings.expertsOnCpu,
      settings.expertBlocksOnCpu,
      devices.map(({ id }) => id),
    ]);
    const known = this.#compute.get(key);
    if (known !== undefined) return known;
    const blocks = this.#wholeGraph
      ? this.#model.blocks.map((_, index) => index)
      : condenseBlocks(this.#model, split, this.#weights, placement);
    const made = computeBytes(
      {
        model: this.#model,
        context,
        split,
        weights: this.#weights,
        placement,
        blocks,
        offloadedLayers: settings.offloadedLayers,
      },
      devices,
      1,
    );
    this.#compute.set(key, made);
    return made;
  }
}
