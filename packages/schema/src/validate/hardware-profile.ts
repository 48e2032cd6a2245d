import * as z from "zod/mini";
import type {
  Backend,
  CpuProfile,
  DeviceProfile,
  FoundEngine,
  HardwareProfile,
  MemoryProfile,
  OperatingSystem,
  ProbeWarning,
} from "../hardware-profile.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";
import { amount, bytes, count, positiveCount, sourcedNumber, text } from "./primitives.ts";

export const backend: Validator<Backend> = exactly<Backend>()(
  z.enum([
    "cpu",
    "cuda",
    "metal",
    "vulkan",
    "rocm",
    "sycl",
    "opencl",
    "cann",
    "musa",
    "neuware",
    "dtk",
    "maca",
    "corex",
    "sophon",
    "supa",
    "hexagon",
    "openvino",
    "xdna",
  ]),
);

const probeWarning = exactly<ProbeWarning>()(
  z.strictObject({ code: text, message: text, hint: z.nullable(z.string()) }),
);

const operatingSystem = exactly<OperatingSystem>()(
  z.strictObject({
    platform: z.enum(["linux", "darwin", "win32", "freebsd", "other"]),
    name: z.string(),
    version: z.string(),
    kernel: z.string(),
    architecture: z.enum(["x64", "arm64", "riscv64", "loong64", "other"]),
    container: z.nullable(z.string()),
    wsl: z.nullable(z.union([z.literal(1), z.literal(2)])),
    rosetta: z.boolean(),
  }),
);

const cpuProfile = exactly<CpuProfile>()(
  z.strictObject({
    name: z.string(),
    vendor: z.string(),
    physicalCores: positiveCount,
    logicalCores: positiveCount,
    usableCores: positiveCount,
    performanceCores: z.nullable(count),
    efficiencyCores: z.nullable(count),
    cacheBytes: z.strictObject({
      l1d: z.nullable(bytes),
      l2: z.nullable(bytes),
      l3: z.nullable(bytes),
    }),
    instructionSets: z.array(z.string()),
    bandwidthBytesPerSecond: z.nullable(sourcedNumber),
  }),
);

const memoryProfile = exactly<MemoryProfile>()(
  z.strictObject({
    totalBytes: bytes,
    availableBytes: bytes,
    limitBytes: bytes,
    limitSource: z.string(),
    swapTotalBytes: bytes,
    swapFreeBytes: bytes,
  }),
);

const deviceProfile = exactly<DeviceProfile>()(
  z.strictObject({
    id: text,
    kind: z.enum(["gpu", "npu"]),
    vendor: z.string(),
    name: z.string(),
    backends: z.array(backend),
    memoryBytes: z.nullable(bytes),
    freeBytes: z.nullable(bytes),
    unified: z.boolean(),
    software: z.exactOptional(z.boolean()),
    memorySource: z.string(),
    bandwidthBytesPerSecond: z.nullable(sourcedNumber),
    tensorFp16Flops: z.nullable(sourcedNumber),
    driver: z.nullable(z.string()),
    computeCapability: z.nullable(z.string()),
    pciAddress: z.nullable(z.string()),
    processes: z.array(
      z.strictObject({ pid: count, name: z.string(), memoryBytes: z.nullable(bytes) }),
    ),
    catalogId: z.nullable(z.string()),
    unverified: z.boolean(),
    notes: z.array(z.string()),
  }),
);

const foundEngine = exactly<FoundEngine>()(
  z.strictObject({
    engine: z.enum(["ollama", "lm-studio", "llama-server", "vllm", "sglang", "mlx", "other"]),
    version: z.nullable(z.string()),
    binaryPath: z.nullable(z.string()),
    baseUrl: z.nullable(z.string()),
    models: z.array(z.strictObject({ name: z.string(), loaded: z.boolean(), cloud: z.boolean() })),
  }),
);

/** {@link HardwareProfile}: what `profile --json` prints and `--hardware FILE` reads. */
export const hardwareProfile: Validator<HardwareProfile> = exactly<HardwareProfile>()(
  z.strictObject({
    schemaVersion: z.literal(1),
    label: z.string(),
    os: operatingSystem,
    cpu: cpuProfile,
    memory: memoryProfile,
    devices: z.array(deviceProfile),
    hostCount: positiveCount,
    disk: z.nullable(z.strictObject({ path: z.string(), freeBytes: bytes, totalBytes: bytes })),
    power: z.strictObject({
      source: z.enum(["mains", "battery", "unknown"]),
      batteryPercent: z.nullable(amount),
      loadWatts: z.nullable(sourcedNumber),
    }),
    priceUsd: z.nullable(sourcedNumber),
    engines: z.array(foundEngine),
    warnings: z.array(probeWarning),
  }),
);
