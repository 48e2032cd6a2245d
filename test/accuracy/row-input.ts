import { type SpeedInput, buildSpeedInput } from "../../packages/planner/src/index.ts";
import type {
  Catalog,
  DeviceProfile,
  HardwareProfile,
  Measurement,
  Placement,
} from "../../packages/schema/src/index.ts";
import { bytesPerToken } from "./bytes-per-token.ts";
import { describeRun, isOlderEngine, type Run } from "./describe-run.ts";
import { readHardwareLabel } from "./resolve-label.ts";
import { type ResolvedModel, resolveModel } from "./resolve-model.ts";

/** A row as the speed model sees it. */
export interface RowInput {
  readonly row: Measurement;
  readonly run: Run;
  readonly input: SpeedInput;
  readonly approximate: boolean;
}

export type Resolution =
  | { readonly kind: "resolved"; readonly value: RowInput }
  | { readonly kind: "unresolved"; readonly row: Measurement; readonly reason: string };

const engines: readonly (readonly [RegExp, string])[] = [
  [/vllm-ascend/i, "vllm-ascend"],
  [/vllm/i, "vllm"],
  [/sglang/i, "sglang"],
  [/mlx/i, "mlx"],
  [/sophon|bmodel/i, "sophon"],
  [/mindie/i, "mindie"],
];

const engineOf = (row: Measurement): string =>
  engines.find(([pattern]) => pattern.test(row.engine))?.[1] ?? "llama.cpp";

const knownBackends = ["cuda", "metal", "vulkan", "rocm", "sycl", "opencl", "cann", "cpu"];

/** Where a row does not say its backend: the maker's own, but Vulkan for AMD, whose builds are most spread. */
const usualBackend = (device: DeviceProfile): string => {
  const vendor = device.vendor.toLowerCase();
  if (vendor.includes("nvidia")) return "cuda";
  if (vendor.includes("apple")) return "metal";
  if (vendor.includes("amd")) return "vulkan";
  if (vendor.includes("intel")) return "sycl";
  return device.backends[0] ?? "cuda";
};

const backendOf = (row: Measurement, device: DeviceProfile | undefined): string => {
  const said = `${row.backend} ${row.engine}`.toLowerCase();
  const told = knownBackends.find((name) => row.backend?.toLowerCase().startsWith(name));
  if (told !== undefined) return told;
  if (device === undefined) return "cpu";
  if (said.includes("mlx")) return "metal";
  return knownBackends.find((name) => said.includes(name)) ?? usualBackend(device);
};

/** As many cards as the row ran on. */
const withCount = (hardware: HardwareProfile, count: number): HardwareProfile => {
  const [first] = hardware.devices;
  if (first === undefined || count === 1 || hardware.devices.length === count) return hardware;
  const devices = Array.from({ length: count }, (_, index) => ({
    ...first,
    id: `${first.id}#${index}`,
  }));
  return { ...hardware, devices };
};

/**
 * What a card keeps for the cache, the computation, the driver and a screen. With it the rows that were
 * partly offloaded (llama.cpp chose how far) are told best; a guess where a row says nothing.
 */
const KEPT_BYTES = 1.5e9;

/** How many blocks left the CPU: as the note says ("ngl 60/80"), else as many as fit. */
const offloadedBlocks = (
  row: Measurement,
  resolved: ResolvedModel,
  devices: readonly DeviceProfile[],
): number => {
  const blocks = resolved.model.blocks.length;
  const told = /ngl (\d+)/.exec(row.note ?? "")?.[1];
  if (told !== undefined) return Math.min(blocks, Number(told));
  if (row.fullyOffloaded) return blocks;
  const room = devices.reduce(
    (sum, device) => sum + Math.max(0, (device.memoryBytes ?? 0) - KEPT_BYTES),
    0,
  );
  return Math.min(blocks, Math.floor((room / resolved.variant.tensorBytes) * blocks));
};

const placementOf = (
  resolved: ResolvedModel,
  devices: readonly DeviceProfile[],
  offloaded: number,
  tensorParallel: boolean,
): readonly Placement[] => {
  const head = resolved.model.blocks.length;
  const whole = (device: string, firstBlock: number, lastBlock: number): Placement => ({
    device,
    firstBlock,
    lastBlock,
    part: "all",
  });
  if (devices.length === 0 || offloaded === 0) return [whole("host", 0, head)];
  if (tensorParallel) return devices.map(({ id }) => whole(id, 0, head));
  const first = head - offloaded;
  const places = first > 0 ? [whole("host", 0, first - 1)] : [];
  for (const [index, { id }] of devices.entries()) {
    const from = first + Math.round((index * offloaded) / devices.length);
    const to = first + Math.round(((index + 1) * offloaded) / devices.length) - 1;
    places.push(whole(id, from, index === devices.length - 1 ? head : to));
  }
  return places;
};

/** What a label was taken for stands beside the row's other reasons. */
const withNote = (row: Measurement, takenAs: string | null): Measurement => {
  const notes = [row.note, takenAs === null ? null : `hardware taken as "${takenAs}"`];
  return { ...row, note: notes.filter((note) => note !== null).join("; ") || null };
};

/** Hardware by its label, model by its name, and the settings that the row tells or implies. */
export function rowInput(told: Measurement, catalog: Catalog): Resolution {
  const named = readHardwareLabel(told.hardware, catalog);
  const row = "kind" in named ? told : withNote(told, named.takenAs);
  if ("kind" in named) {
    const others = named.kind === "ambiguous" ? named.candidates : named.near;
    const reason = `hardware ${named.kind}: "${row.hardware}" (${others.slice(0, 3).join(", ")})`;
    return { kind: "unresolved", row, reason };
  }
  const resolved = resolveModel(row, catalog.models);
  if (resolved === null) {
    return { kind: "unresolved", row, reason: `model unknown: "${row.model}" ${row.quantization}` };
  }
  const hardware = withCount(named.hardware, row.count);
  const engine = engineOf(row);
  const backend = backendOf(row, hardware.devices[0]);
  const devices = backend === "cpu" ? [] : hardware.devices;
  const run = describeRun(row);
  const parallel = engine !== "llama.cpp" && engine !== "mlx" && devices.length > 1;
  const placement = placementOf(
    resolved,
    devices,
    offloadedBlocks(row, resolved, devices),
    parallel,
  );
  const built = buildSpeedInput(
    resolved.model,
    resolved.variant,
    {
      engine,
      backend,
      kvCacheType: "f16",
      flashAttention: true,
      batchTokens: run.batchTokens,
      threads: 0,
      tensorParallel: parallel ? devices.length : 1,
    },
    hostBandwidth(hardware),
    placement,
    {
      promptTokens: run.promptTokens,
      reasoningTokens: 0,
      answerTokens: run.generated,
      contextTokens: row.contextTokens ?? 4096,
      concurrency: run.sequences,
    },
  );
  const sized = resolved.approximate ? withBytes(built, row.weightBytesPerToken) : built;
  const input = { ...sized, olderEngine: isOlderEngine(row, engine) };
  return { kind: "resolved", value: { row, run, input, approximate: resolved.approximate } };
}

/** A guessed shape with the bytes a token that the row tells. */
const withBytes = (input: SpeedInput, bytes: number | null): SpeedInput => {
  const guessed = input.devices.reduce((sum, device) => sum + bytesPerToken(input, device), 0);
  if (bytes === null || guessed <= 0) return input;
  const factor = bytes / guessed;
  const times = (parts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
    Object.fromEntries(Object.entries(parts).map(([type, size]) => [type, size * factor]));
  const devices = input.devices.map((device) => ({
    ...device,
    weightBytesByType: times(device.weightBytesByType),
    expertBytesByType: times(device.expertBytesByType),
  }));
  return { ...input, devices };
};

/** The CPU of a chip with shared memory reads the same memory. */
const hostBandwidth = (hardware: HardwareProfile): HardwareProfile => {
  const shared = hardware.devices.find((device) => device.unified);
  if (shared === undefined || hardware.cpu.bandwidthBytesPerSecond !== null) return hardware;
  const bandwidthBytesPerSecond = shared.bandwidthBytesPerSecond;
  return { ...hardware, cpu: { ...hardware.cpu, bandwidthBytesPerSecond } };
};
