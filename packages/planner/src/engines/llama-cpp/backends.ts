import { allocationBytes } from "./allocation-size.ts";
import type { BufferRules } from "./ggml/reserve.ts";
import type { SchedulerBackend } from "./ggml/scheduler-backend.ts";
import type { Tensor } from "./ggml/tensor.ts";
import type { DeviceRules } from "./device-rules.ts";
import { reorderNodes } from "./vulkan/reorder-nodes.ts";

const HOST_ALIGNMENT = 32;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Buffers of results: one for each device, then the host's, pinned where the first device offers it. */
export function computeBuffers(devices: readonly DeviceRules[]): readonly BufferRules[] {
  // src/llama-context.cpp: the host buffer of the first device holds the CPU's results
  const pinned = devices[0]?.pinnedHost ?? null;
  return [
    ...devices.map(({ alignmentBytes, maxBufferBytes, allocation }) => ({
      alignmentBytes,
      maxBufferBytes,
      extraBytes: 0,
      sizeOf: (tensor: Tensor): number => allocationBytes(tensor, allocation),
    })),
    {
      alignmentBytes: pinned?.alignmentBytes ?? HOST_ALIGNMENT,
      maxBufferBytes: pinned === null ? UNLIMITED : (devices[0]?.maxBufferBytes ?? UNLIMITED),
      extraBytes: pinned?.extraBytes ?? 0,
    },
  ];
}

/** The scheduler's backends: the devices in order, then the CPU. */
export function schedulerBackends(devices: readonly DeviceRules[]): readonly SchedulerBackend[] {
  return [
    ...devices.map((rules, index) => deviceBackend(rules, index)),
    cpuBackend(devices.length),
  ];
}

function cpuBackend(index: number): SchedulerBackend {
  return {
    supportsStorage: ({ buffer }) => typeof buffer !== "number",
    supportsResultsOf: (backend) => backend === index,
    supportsOperation: () => true,
    takesOver: () => false,
  };
}

function deviceBackend(rules: DeviceRules, index: number): SchedulerBackend {
  return {
    supportsStorage: ({ buffer }) => buffer === index,
    supportsResultsOf: (backend) => backend === index,
    supportsOperation: (tensor) => fits(tensor, rules.maxTensorBytes),
    ...(rules.order === "as-built"
      ? {}
      : { reorder: (nodes) => reorderNodes(nodes, rules.order === "vulkan-v0.5.0") }),
    takesOver: (tensor) =>
      rules.offloadTokens !== null && batchTokens(tensor) >= rules.offloadTokens,
  };
}

function fits(tensor: Tensor, limit: number): boolean {
  return tensor.bytes <= limit && tensor.sources.every(({ bytes }) => bytes <= limit);
}

/** Tokens that an operation works on (ggml-vulkan.cpp, ggml_vk_get_op_batch_size; ggml-cuda.cu, get_op_batch_size). */
function batchTokens(tensor: Tensor): number {
  const [, rows, third] = tensor.lengths;
  const { operation } = tensor;
  if (operation === "GET_ROWS") return 0;
  if (operation === "MUL_MAT") return rows;
  if (operation === "MUL_MAT_ID" || operation === "ROPE") return third;
  return rows * third * tensor.lengths[3];
}
