import type { TensorInfo } from "@qwq-fit/schema";

import { storedBytes } from "../allocation-size.ts";
import type { DeviceRules } from "../device-rules.ts";
import { type DeviceIndex, HOST, type LayerSplit } from "../layer-split.ts";
import { padTo } from "../tensor-types.ts";
import { type CpuFeatures, cpuLayout, layoutBytes } from "./cpu-layouts.ts";
import { deviceTakes } from "./device-takes.ts";
import type { TensorLayer, TensorOperation } from "./tensor-role.ts";
import type { WeightRow, WeightTable } from "./weight-table.ts";

/** A buffer of weights: the CPU's, one of its own layouts, pinned host memory, or a device's. */
export type WeightBuffer = "cpu" | "amx" | "repack" | "pinned" | DeviceIndex;

/** Where the weights are and how big each buffer is. */
export interface WeightPlacement {
  /** Buffer of each row of the table. */
  readonly buffers: readonly WeightBuffer[];
  /** Buffer of the embeddings as the output head, where they are tied. */
  readonly tiedHead: WeightBuffer;
  /** Bytes of each buffer, as the engine prints them. */
  readonly bytes: ReadonlyMap<WeightBuffer, number>;
}

export interface PlacementInput {
  readonly table: WeightTable;
  readonly split: LayerSplit;
  readonly devices: readonly DeviceRules[];
  readonly features: CpuFeatures;
  readonly mmap: boolean;
  /** False: no layouts of the CPU's own. */
  readonly repack: boolean;
  /** Whether a tensor of an offloaded block stays on the CPU. */
  readonly staysOnCpu: (tensor: string) => boolean;
  /** Blocks from this one on are not loaded: those of multi-token prediction. */
  readonly loadedBlocks: number;
}

/** Alignment of tensors in a CPU buffer (ggml-impl.h, TENSOR_ALIGNMENT). */
const HOST_ALIGNMENT = 32;

/**
 * Places every tensor as the engine does (llama.cpp v0.5.0 src/llama-model-loader.cpp,
 * llama_model_loader::create_tensor and select_weight_buft; src/llama-model.cpp, make_cpu_buft_list).
 */
export function placeWeights(input: PlacementInput): WeightPlacement {
  const { table, split } = input;
  const sizes = new BufferSizes(input);
  let tiedHead: WeightBuffer = "cpu";
  const buffers = table.rows.map((row): WeightBuffer => {
    const { layer, operation } = row.role;
    if (typeof layer === "number" && layer >= input.loadedBlocks) return "cpu";
    const [first = HOST, ...others] =
      operation === "ROPE" && layer === 0 ? ropeDevices(split) : [layerDevice(layer, split)];
    const buffer = choose(row, operation, first, input);
    sizes.add(buffer, row);
    for (const device of others) sizes.add(choose(row, operation, device, input), row);
    if (table.tied && row.tensor.name === "token_embd.weight") {
      // used as the head too: a second tensor, unless both stand in the same buffer
      tiedHead = choose(row, "MUL_MAT", split.output, input);
      if (tiedHead !== buffer) sizes.add(tiedHead, row);
    }
    return buffer;
  });
  return { buffers, tiedHead, bytes: sizes.total() };
}

/** Rope factors are one tensor in the file and one in each kind of buffer that blocks stand in. */
function ropeDevices({ blocks }: LayerSplit): readonly DeviceIndex[] {
  return [...new Set(blocks)];
}

function layerDevice(layer: TensorLayer, split: LayerSplit): DeviceIndex {
  if (layer === "input") return HOST;
  if (layer === "output") return split.output;
  return split.blocks[layer] ?? HOST;
}

function choose(
  { tensor }: WeightRow,
  operation: TensorOperation,
  device: DeviceIndex,
  input: PlacementInput,
): WeightBuffer {
  const rules = input.devices[device];
  if (
    rules !== undefined &&
    deviceTakes(tensor, operation, rules) &&
    !input.staysOnCpu(tensor.name)
  ) {
    return device;
  }
  const pinning = input.devices.find(({ pinnedHost }) => pinnedHost !== null);
  if (pinning !== undefined && deviceTakes(tensor, operation, pinning)) {
    return input.mmap ? "cpu" : "pinned";
  }
  return (input.repack ? cpuLayout(tensor, operation, input.features) : null) ?? "cpu";
}

/** Sizes of the buffers while tensors are added. */
class BufferSizes {
  readonly #input: PlacementInput;
  readonly #sums = new Map<WeightBuffer, number>();
  readonly #spans = new Map<WeightBuffer, readonly [first: number, last: number]>();

  constructor(input: PlacementInput) {
    this.#input = input;
  }

  add(buffer: WeightBuffer, { tensor, fileOffset }: WeightRow): void {
    if (this.#maps(buffer)) {
      const [first, last] = this.#spans.get(buffer) ?? [fileOffset, 0];
      this.#spans.set(buffer, [
        Math.min(first, fileOffset),
        Math.max(last, fileOffset + tensor.bytes),
      ]);
      return;
    }
    const bytes = this.#bytes(buffer, tensor);
    this.#sums.set(buffer, (this.#sums.get(buffer) ?? 0) + padTo(bytes, this.#alignment(buffer)));
  }

  total(): ReadonlyMap<WeightBuffer, number> {
    const mapped = [...this.#spans].map(
      ([buffer, [first, last]]) => [buffer, last - first] as const,
    );
    return new Map([...this.#sums, ...mapped]);
  }

  /** A mapped buffer is the stretch of the file from its first to its last tensor (llama_model_loader::get_mapping_range). */
  #maps(buffer: WeightBuffer): boolean {
    if (!this.#input.mmap) return false;
    return (
      buffer === "cpu" ||
      (typeof buffer === "number" && this.#input.devices[buffer]?.mapsFile === true)
    );
  }

  #bytes(buffer: WeightBuffer, tensor: TensorInfo): number {
    if (buffer === "amx" || buffer === "repack") return layoutBytes(tensor, buffer);
    const device = typeof buffer === "number" ? this.#input.devices[buffer] : undefined;
    if (device === undefined) return tensor.bytes;
    return storedBytes(tensor.type, tensor.shape[0] ?? 1, tensor.bytes, device.allocation);
  }

  #alignment(buffer: WeightBuffer): number {
    if (typeof buffer === "number")
      return this.#input.devices[buffer]?.alignmentBytes ?? HOST_ALIGNMENT;
    if (buffer !== "pinned") return HOST_ALIGNMENT;
    const pinning = this.#input.devices.find(({ pinnedHost }) => pinnedHost !== null);
    return pinning?.pinnedHost?.alignmentBytes ?? HOST_ALIGNMENT;
  }
}
