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
import { inputCopies } from "./pipelining.ts";
import { refuseAborts } from "./refuse-aborts.ts";
import { versionRules } from "./versions.ts";
import { type CpuFeatures, cpuFeatures } from "./weights/cpu-layouts.ts";
import { keepsOnCpu } from "./weights/expert-placement.ts";
import { placeWeights, type WeightBuffer, type WeightPlacement } from "./weights/place-weights.ts";
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
  readonly #layouts = new Map<string, Layout>();

  /** @param options.wholeGraph walks every block instead of one of each kind: some ten times slower, and exact where a device takes over work on host weights. */
  constructor(
    model: ModelProfile,
    variant: WeightsVariant,
    hardware: HardwareProfile,
    options: { readonly wholeGraph?: boolean } = {},
  ) {
    this.#wholeGraph = options.wholeGraph ?? false;
    this.#model = model;
    this.#hardware = hardware;
    this.#weights = WeightTable.of(variant.tensors);
    this.#features = cpuFeatures(hardware.cpu);
  }

  /** @throws QwqError `unsupported_combination`, `unsupported_model`, `invalid_value`. */
  estimate(settings: LlamaCppSettings): MemoryEstimate {
    const context = contextParameters(settings, this.#model);
    const layout = this.#layout(settings);
    refuseAborts(this.#model, context, layout, this.#weights);
    const { devices, split, placement } = layout;
    const kv = kvCacheBytes(this.#model, context, split, devices);
    const compute = this.#computeBytes(layout, context, settings);
    const at = (buffer: WeightBuffer): number => placement.bytes.get(buffer) ?? 0;
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

  #layout(settings: LlamaCppSettings): Layout {
    const { expertsOnCpu, expertBlocksOnCpu, offloadedLayers, mmap } = settings;
    const { backend, engineVersion, devices: ids, repack } = settings;
    const key = JSON.stringify([
      [backend, engineVersion, ids ?? null, mmap, repack !== false],
      [offloadedLayers, expertsOnCpu === true, expertBlocksOnCpu ?? 0],
    ]);
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const devices = deviceRules(this.#hardware, settings);
    const blockCount = this.#model.blocks.length + this.#model.predictionBlocks;
    const split = splitLayers(blockCount, offloadedLayers, devices);
    const placement = placeWeights({
      table: this.#weights,
      split,
      devices,
      features: this.#features,
      mmap,
      repack: repack !== false,
      staysOnCpu: keepsOnCpu(settings),
      loadedBlocks: this.#model.blocks.length,
    });
    const { blocks, compute } = this.#blocksToBuild(settings, { devices, split, placement });
    const made = { devices, split, placement, blocks, compute };
    this.#layouts.set(key, made);
    return made;
  }

  #blocksToBuild(
    settings: LlamaCppSettings,
    { devices, split, placement }: Pick<Layout, "devices" | "split" | "placement">,
  ): Pick<Layout, "blocks" | "compute"> {
    const model = this.#model;
    if (this.#wholeGraph) {
      return { blocks: model.blocks.map((_, index) => index), compute: new Map() };
    }
    const onDevices = devices.length > 0;
    const { blocks, key } = condenseBlocks(model, split, this.#weights, placement, onDevices);
    const graphKey = JSON.stringify([
      [key, devices, settings.engineVersion, onDevices && settings.offloadedLayers],
      inputCopies(settings, split, devices),
    ]);
    const shared = COMPUTE.get(model) ?? new Map<string, Layout["compute"]>();
    COMPUTE.set(model, shared);
    const compute = shared.get(graphKey) ?? new Map<string, readonly number[]>();
    shared.set(graphKey, compute);
    return { blocks, compute };
  }

  #computeBytes(
    { devices, split, placement, blocks, compute }: Layout,
    context: ContextParameters,
    settings: LlamaCppSettings,
  ): readonly number[] {
    const key = JSON.stringify(context);
    const known = compute.get(key);
    if (known !== undefined) return known;
    const { offloadedLayers, engineVersion } = settings;
    const input = {
      model: this.#model,
      context,
      split,
      weights: this.#weights,
      placement,
      blocks,
      offloadedLayers,
      version: versionRules(engineVersion),
    };
    const made = computeBytes(input, devices, inputCopies(settings, split, devices));
    compute.set(key, made);
    return made;
  }
}

/** Compute buffers of a model's files by what their graphs depend on: most quantizations have the same graph. */
const COMPUTE = new WeakMap<ModelProfile, Map<string, Layout["compute"]>>();

/** Where everything of a model stands for some settings, and the compute buffers found so far. */
interface Layout {
  readonly devices: readonly DeviceRules[];
  readonly split: LayerSplit;
  readonly placement: WeightPlacement;
  /** Blocks that the graph is built of. */
  readonly blocks: readonly number[];
  readonly compute: Map<string, readonly number[]>;
}
