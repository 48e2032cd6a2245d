import type { TensorInfo } from "@qwq-fit/schema";
import type { DeviceRules } from "../device-rules.ts";
import { type DeviceIndex, HOST, type LayerSplit } from "../layer-split.ts";
import { padTo } from "../tensor-types.ts";
import { type CpuFeatures, cpuLayout, layoutBytes } from "./cpu-layouts.ts";
import { deviceTakes } from "./device-takes.ts";
import { type TensorLayer, type TensorOperation, tensorRole } from "./tensor-role.ts";

/** A buffer of weights: the CPU's, one of its own layouts, pinned host memory, or a device's. */
export type WeightBuffer = "cpu" | "amx" | "repack" | "pinned" | DeviceIndex;

/** Where the weights are and how big each buffer is. */
export interface WeightPlacement {
  /** Buffer of each tensor by name; the output head is always under "output.weight". */
  readonly bufferOf: ReadonlyMap<string, WeightBuffer>;
  /** Bytes of each buffer, as the engine prints them. */
  readonly bytes: ReadonlyMap<WeightBuffer, number>;
}

export interface PlacementInput {
  /** In the order of the file. */
  readonly tensors: readonly TensorInfo[];
  readonly split: LayerSplit;
  readonly devices: readonly DeviceRules[];
  readonly features: CpuFeatures;
  readonly mmap: boolean;
  /** False: no layouts of the CPU's own. */
  readonly repack: boolean;
  /** Whether a tensor of an offloaded block stays on the CPU. */
  readonly staysOnCpu: (tensor: string) => boolean;
  /** Tensors that the engine does not load: those of prediction blocks. */
  readonly skips: (tensor: string) => boolean;
}

/** Alignment of tensors in a file and in a CPU buffer (gguf.h, GGUF_DEFAULT_ALIGNMENT; ggml-impl.h, TENSOR_ALIGNMENT). */
const HOST_ALIGNMENT = 32;

/**
 * Places every tensor as the engine does (llama.cpp v0.5.0 src/llama-model-loader.cpp,
 * llama_model_loader::create_tensor and select_weight_buft; src/llama-model.cpp, make_cpu_buft_list).
 */
export function placeWeights(input: PlacementInput): WeightPlacement {
  const bufferOf = new Map<string, WeightBuffer>();
  const sizes = new BufferSizes(input);
  let offset = 0;
  const tied = !input.tensors.some(({ name }) => name === "output.weight");
  for (const tensor of input.tensors) {
    const { layer, operation } = tensorRole(tensor.name);
    if (!input.skips(tensor.name)) {
      const targets =
        operation === "ROPE" && layer === 0
          ? ropeDevices(input.split)
          : [layerDevice(layer, input.split)];
      for (const device of targets) {
        const buffer = choose(tensor, operation, device, input);
        if (!bufferOf.has(tensor.name)) bufferOf.set(tensor.name, buffer);
        sizes.add(buffer, tensor, offset);
      }
      if (tied && tensor.name === "token_embd.weight") {
        // used as the head too: a second tensor, unless both stand in the same buffer
        const head = choose(tensor, "MUL_MAT", input.split.output, input);
        if (head !== bufferOf.get(tensor.name)) sizes.add(head, tensor, offset);
        bufferOf.set("output.weight", head);
      }
    }
    offset += padTo(tensor.bytes, HOST_ALIGNMENT);
  }
  return { bufferOf, bytes: sizes.total() };
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
  tensor: TensorInfo,
  operation: TensorOperation,
  device: DeviceIndex,
  input: PlacementInput,
): WeightBuffer {
  const rules = input.devices[device];
  if (
    rules !== undefined &&
    !input.staysOnCpu(tensor.name) &&
    deviceTakes(tensor, operation, rules)
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

  add(buffer: WeightBuffer, tensor: TensorInfo, offset: number): void {
    if (this.#maps(buffer)) {
      const [first, last] = this.#spans.get(buffer) ?? [offset, 0];
      this.#spans.set(buffer, [Math.min(first, offset), Math.max(last, offset + tensor.bytes)]);
      return;
    }
    const bytes =
      buffer === "amx" || buffer === "repack" ? layoutBytes(tensor, buffer) : tensor.bytes;
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

  #alignment(buffer: WeightBuffer): number {
    if (typeof buffer === "number")
      return this.#input.devices[buffer]?.alignmentBytes ?? HOST_ALIGNMENT;
    if (buffer !== "pinned") return HOST_ALIGNMENT;
    const pinning = this.#input.devices.find(({ pinnedHost }) => pinnedHost !== null);
    return pinning?.pinnedHost?.alignmentBytes ?? HOST_ALIGNMENT;
  }
}
