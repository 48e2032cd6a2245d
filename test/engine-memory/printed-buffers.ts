/** Buffers of one device, in MiB with two decimals, as the engine prints them. */
export interface PrintedBuffers {
  weights: number;
  repacked: number;
  kvCache: number;
  compute: number;
  output: number;
}

const LINE = /(\S+)\s+(model|KV|RS|compute|output) buffer size\s*=\s*([\d.]+) MiB/g;
const LAYOUTS: ReadonlySet<string> = new Set(["AMX", "CPU_REPACK"]);

/** The engine's `… buffer size = N MiB` lines, summed for the host (first) and each device. */
export function printedBuffers(log: string, devices: number): readonly PrintedBuffers[] {
  const sums = Array.from({ length: devices + 1 }, empty);
  for (const [, buffer = "", kind = "", size = "0"] of log.matchAll(LINE)) {
    const device = /^(?:Vulkan|CUDA|MTL)(\d+)/.exec(buffer)?.[1];
    const place = sums[device === undefined ? 0 : Number(device) + 1];
    if (place === undefined) throw new Error(`a buffer of an unknown device: ${buffer}`);
    place[columnOf(kind, LAYOUTS.has(buffer))] += Number(size);
  }
  return sums;
}

function columnOf(kind: string, isLayout: boolean): keyof PrintedBuffers {
  if (kind === "model") return isLayout ? "repacked" : "weights";
  if (kind === "compute" || kind === "output") return kind;
  return "kvCache";
}

function empty(): PrintedBuffers {
  return { weights: 0, repacked: 0, kvCache: 0, compute: 0, output: 0 };
}
