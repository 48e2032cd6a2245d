import type { Backend, DeviceProfile, HardwareProfile } from "@qwq-fit/schema";
import type { DeviceRules } from "./device-rules.ts";
import type { LlamaCppSettings } from "./llama-cpp-settings.ts";
import { versionRules } from "./versions.ts";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Rules of the devices that the engine would use, in its order; none on the CPU backend. */
export function deviceRules(
  hardware: HardwareProfile,
  settings: LlamaCppSettings,
): readonly DeviceRules[] {
  const { backend } = settings;
  if (backend === "cpu") return [];
  const usable = hardware.devices.filter(
    ({ id, backends }) => backends.includes(backend) && (settings.devices?.includes(id) ?? true),
  );
  // a backend that is asked for without a device that has it: Vulkan's software device has no probe
  if (usable.length === 0) return [rulesOf(`${backend}:0`, null, backend, settings.engineVersion)];
  return usable.map((device) => rulesOf(device.id, device, backend, settings.engineVersion));
}

function rulesOf(
  id: string,
  device: DeviceProfile | null,
  backend: Backend,
  version: string,
): DeviceRules {
  const common = { id, backend, freeBytes: device?.freeBytes ?? device?.memoryBytes ?? null };
  if (backend === "vulkan") return { ...common, ...vulkanRules(device, version) };
  if (backend === "metal") return { ...common, ...METAL };
  return { ...common, ...CUDA_LIKE };
}

type BackendRules = Omit<DeviceRules, "id" | "backend" | "freeBytes">;

/** ggml-cuda.cu: ggml_backend_cuda_buffer_type_get_alignment, ggml_backend_cuda_host_buffer_type, offload_op; HIP and MUSA share it. */
const CUDA_LIKE: BackendRules = {
  alignmentBytes: 128,
  maxBufferBytes: UNLIMITED,
  maxTensorBytes: UNLIMITED,
  pinnedHost: { alignmentBytes: 32, extraBytes: 0 },
  mapsFile: false,
  offloadTokens: 32,
  allocation: "cuda",
  pipelines: true,
  order: "as-built",
};

/** ggml-metal.cpp: ggml_backend_metal_buffer_type_get_alignment, ggml_backend_metal_device_get_props, offload_op. */
const METAL: BackendRules = {
  alignmentBytes: 32,
  maxBufferBytes: UNLIMITED,
  maxTensorBytes: UNLIMITED,
  pinnedHost: null,
  mapsFile: true,
  offloadTokens: 32,
  allocation: "metal",
  pipelines: true,
  order: "as-built",
};

/** Limits that Vulkan drivers report: minStorageBufferOffsetAlignment, minMemoryMapAlignment, maxStorageBufferRange. */
const VULKAN_DRIVERS: readonly (readonly [
  RegExp,
  alignment: number,
  hostAlignment: number,
  range: number,
])[] = [
  // Mesa 22.3, vulkaninfo
  [/llvmpipe|lavapipe/i, 16, 64, 128 * MiB],
  // unverified
  [/nvidia|geforce|rtx|tesla/i, 16, 64, 4 * GiB - 1],
  [/amd|radeon/i, 4, 4096, 4 * GiB - 1],
  [/intel|arc/i, 4, 4096, 4 * GiB - 1],
];

/** ggml-vulkan.cpp: ggml_vk_get_device (suballocation_block_size), ggml_backend_vk_host_buffer_type_alloc_buffer, supports_op, offload_op. */
function vulkanRules(device: DeviceProfile | null, version: string): BackendRules {
  const name = device === null ? "llvmpipe" : `${device.vendor} ${device.name}`;
  const [, alignment, hostAlignment, range] = VULKAN_DRIVERS.find(([pattern]) =>
    pattern.test(name),
  ) ?? [/$/, 64, 4096, 4 * GiB - 1];
  return {
    alignmentBytes: alignment,
    maxBufferBytes: GiB,
    maxTensorBytes: range,
    pinnedHost: { alignmentBytes: hostAlignment, extraBytes: 32 },
    mapsFile: false,
    offloadTokens: 32,
    allocation: "plain",
    pipelines: true,
    order: versionRules(version).vulkanOrder,
  };
}
