import type { ChipGroup } from "./speed-coefficients.ts";
import type { BytesByType, SpeedDevice } from "./speed-types.ts";

/** A device as the coefficients know it. */
export interface Chip extends ChipGroup {
  /** Key of terms that are its own. */
  readonly key: string;
}

/**
 * Reference throughput of one CPU core: 32 fp32 operations a cycle (two 256-bit multiply-add units) at
 * 2.5 GHz. What a core really reaches of it is fitted.
 */
const CORE_FLOPS = 32 * 2.5e9;
/** Cores assumed where nothing is known of a CPU. */
const UNKNOWN_CORES = 8;
/** Reference operations a byte of bandwidth for a GPU without known throughput. */
const FLOPS_PER_BYTE = 60;
/** Bandwidth assumed where the catalogue has none: dual-channel DDR4-3200; a mid-range card's. */
const UNKNOWN_BANDWIDTH = { cpu: 51.2e9, gpu: 300e9 };

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/\((?:r|tm)\)/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const vendorOf = (vendor: string): string => {
  const lower = vendor.toLowerCase();
  if (lower.includes("amd")) return "AMD";
  if (lower.includes("intel")) return "Intel";
  return vendor;
};

/** The groups of a device: of its catalogue entry where the coefficients list it, else what is told. */
export const chipOf = (device: SpeedDevice, chips: Readonly<Record<string, ChipGroup>>): Chip => {
  const listed = device.catalogId === null ? undefined : chips[device.catalogId];
  if (device.kind === "cpu") {
    return {
      key: `cpu-${slug(device.name)}`,
      vendor: `${vendorOf(device.vendor)} CPU`,
      family: "cpu",
      memory: "ddr",
      flops: null,
      integerOps: null,
      watts: null,
    };
  }
  return {
    key: device.catalogId ?? slug(device.name),
    vendor: listed?.vendor ?? vendorOf(device.vendor),
    family: listed?.family ?? device.family ?? "unknown",
    memory: listed?.memory ?? "unknown",
    flops: listed?.flops ?? null,
    integerOps: listed?.integerOps ?? null,
    watts: listed?.watts ?? null,
  };
};

export const bandwidthOf = (device: SpeedDevice): number =>
  device.bandwidthBytesPerSecond?.value ?? UNKNOWN_BANDWIDTH[device.kind === "cpu" ? "cpu" : "gpu"];

/** Reference operations a second for prefill. */
export const flopsOf = (device: SpeedDevice, chip: Chip): number =>
  device.kind === "cpu"
    ? (device.cores ?? UNKNOWN_CORES) * CORE_FLOPS
    : (device.tensorFp16Flops?.value ?? chip.flops ?? bandwidthOf(device) * FLOPS_PER_BYTE);

const engineNames: readonly (readonly [RegExp, string])[] = [
  [/vllm/, "vllm"],
  [/sglang/, "sglang"],
  [/mlx/, "mlx"],
  [/mindie/, "mindie"],
  [/sophon/, "sophon"],
];

/** Engines that share kernels share a name: everything that is llama.cpp inside is "llama.cpp". */
export const engineClass = (engine: string): string => {
  const lower = engine.toLowerCase();
  return engineNames.find(([pattern]) => pattern.test(lower))?.[1] ?? "llama.cpp";
};

const typeClasses: readonly (readonly [RegExp, string])[] = [
  [/^(?:F16|BF16|F32)$/, "f16"],
  [/^(?:Q8_|FP8|GPTQ8)/, "q8"],
  [/^(?:Q2_K|IQ[123]|Q[12]_0|TQ)/, "low"],
  [/^Q[3-6]_K/, "k"],
  [/^(?:AWQ|GPTQ|INT4)/, "int4"],
  [/^MLX/, "mlx"],
];

/** Types whose kernels cost alike. */
export const typeClass = (type: string): string =>
  typeClasses.find(([pattern]) => pattern.test(type))?.[1] ?? "q4";

/** Share of the bytes that each type has; shares below two hundredths (norms, biases) are left out. */
export const typeShares = (...parts: readonly (readonly [BytesByType, number])[]): BytesByType => {
  const bytes: Record<string, number> = {};
  let total = 0;
  for (const [part, share] of parts) {
    for (const [type, size] of Object.entries(part)) {
      bytes[type] = (bytes[type] ?? 0) + size * share;
      total += size * share;
    }
  }
  return Object.fromEntries(
    Object.entries(bytes)
      .map(([type, size]) => [type, total > 0 ? size / total : 0] as const)
      .filter(([, share]) => share >= 0.02),
  );
};
