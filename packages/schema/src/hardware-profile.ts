import type { SourcedNumber } from "./estimate.ts";

/** A compute API through which an engine runs a model. */
export type Backend =
  | "cpu"
  | "cuda"
  | "metal"
  | "vulkan"
  | "rocm"
  | "sycl"
  | "opencl"
  | "cann"
  | "musa"
  | "neuware"
  | "dtk"
  | "maca"
  | "corex"
  | "sophon"
  | "supa"
  | "hexagon"
  | "openvino"
  | "xdna";

/** Something that could not be probed, or that a user should know, with its cure. */
export interface ProbeWarning {
  /** Stable name, e.g. `nvidia_smi_failed`. */
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface OperatingSystem {
  readonly platform: "linux" | "darwin" | "win32" | "freebsd" | "other";
  /** e.g. "Debian GNU/Linux 12", "macOS 26.1". */
  readonly name: string;
  readonly version: string;
  readonly kernel: string;
  readonly architecture: "x64" | "arm64" | "riscv64" | "loong64" | "other";
  /** "docker", "podman", "kubernetes", "lxc", … or null outside a container. */
  readonly container: string | null;
  /** Windows Subsystem for Linux: 1, 2, or null. */
  readonly wsl: 1 | 2 | null;
  /** An x64 process on an Apple chip. */
  readonly rosetta: boolean;
}

export interface CpuProfile {
  readonly name: string;
  readonly vendor: string;
  readonly physicalCores: number;
  readonly logicalCores: number;
  /** Logical CPUs this process may use: affinity and the cgroup quota, rounded down, at least 1. */
  readonly usableCores: number;
  readonly performanceCores: number | null;
  readonly efficiencyCores: number | null;
  readonly cacheBytes: {
    readonly l1d: number | null;
    readonly l2: number | null;
    readonly l3: number | null;
  };
  /**
   * The sets that decide llama.cpp's kernels and repacking, lower case as Linux spells them:
   * avx, avx2, f16c, fma, bmi2, avx512f, avx512vl, avx512bw, avx512_vnni, avx512_bf16, avx_vnni, amx_int8,
   * neon, dotprod, i8mm, sve, sve2, sme, bf16, …
   */
  readonly instructionSets: readonly string[];
  /** Memory bandwidth of the CPU's own memory, bytes a second, where the catalogue knows it. */
  readonly bandwidthBytesPerSecond: SourcedNumber | null;
}

export interface MemoryProfile {
  /** What the machine has. */
  readonly totalBytes: number;
  /** What this process could take now without swapping, cgroup and page cache considered. */
  readonly availableBytes: number;
  /** The real ceiling: the tightest of machine, container and cgroup ancestors. */
  readonly limitBytes: number;
  /** What set `limitBytes`: "machine", "cgroup v2 /user.slice/…", … */
  readonly limitSource: string;
  readonly swapTotalBytes: number;
  readonly swapFreeBytes: number;
}

/** A process that holds device memory. */
export interface DeviceProcess {
  readonly pid: number;
  readonly name: string;
  readonly memoryBytes: number | null;
}

/** One GPU or NPU. */
export interface DeviceProfile {
  /** Unique in this profile, stable over probes: "nvidia:0", "apple:0", "vulkan:0", "ascend:3:1". */
  readonly id: string;
  readonly kind: "gpu" | "npu";
  readonly vendor: string;
  /** As the tool says it; "NVIDIA GeForce RTX 4090". */
  readonly name: string;
  readonly backends: readonly Backend[];
  /** Bytes an engine may use at most: VRAM, Metal's working set, GTT limit. Null: the tool would not say. */
  readonly memoryBytes: number | null;
  readonly freeBytes: number | null;
  /** The device shares the machine's memory; then device and host budgets are one pot. */
  readonly unified: boolean;
  /** What `memoryBytes` is: "nvidia-smi fb_memory_usage", "Metal recommendedMaxWorkingSetSize", … */
  readonly memorySource: string;
  readonly bandwidthBytesPerSecond: SourcedNumber | null;
  /** Dense fp16 matrix throughput with the tensor or matrix units, floating-point operations a second. */
  readonly tensorFp16Flops: SourcedNumber | null;
  readonly driver: string | null;
  /** "8.9", "gfx1100", "apple9", … */
  readonly computeCapability: string | null;
  readonly pciAddress: string | null;
  readonly processes: readonly DeviceProcess[];
  /** Slug of the catalogue entry whose figures were taken, or null. */
  readonly catalogId: string | null;
  /** True where the tool's output format has not been seen recorded. */
  readonly unverified: boolean;
  /**
   * True for a GPU that the CPU computes (Mesa's llvmpipe, SwiftShader): shown, and usable where asked for by name, but
   * never offered as a real one. llama.cpp hides such devices too unless `GGML_VK_VISIBLE_DEVICES` names them.
   */
  readonly software?: boolean;
  readonly notes: readonly string[];
}

/** A model that an engine already has. */
export interface EngineModel {
  readonly name: string;
  readonly loaded: boolean;
  /** Served from a cloud through this local port: nothing about it is local. */
  readonly cloud: boolean;
}

/** An inference program found here, by port, by binary, or both. */
export interface FoundEngine {
  readonly engine: "ollama" | "lm-studio" | "llama-server" | "vllm" | "sglang" | "mlx" | "other";
  readonly version: string | null;
  readonly binaryPath: string | null;
  /** e.g. "http://127.0.0.1:11434"; null when it is not running. */
  readonly baseUrl: string | null;
  readonly models: readonly EngineModel[];
}

/** This machine as a value: printed by `profile --json`, replayed by `--hardware FILE`. */
export interface HardwareProfile {
  readonly schemaVersion: 1;
  /** "this machine", or the label that it was resolved from. */
  readonly label: string;
  readonly os: OperatingSystem;
  readonly cpu: CpuProfile;
  readonly memory: MemoryProfile;
  readonly devices: readonly DeviceProfile[];
  /** Machines of this kind that work as one: 1, or more for a cluster. */
  readonly hostCount: number;
  readonly disk: {
    readonly path: string;
    readonly freeBytes: number;
    readonly totalBytes: number;
  } | null;
  readonly power: {
    readonly source: "mains" | "battery" | "unknown";
    readonly batteryPercent: number | null;
    /** Watts under inference load, where the catalogue knows them. */
    readonly loadWatts: SourcedNumber | null;
  };
  /** Price of the whole machine, USD, where the catalogue knows it. */
  readonly priceUsd: SourcedNumber | null;
  readonly engines: readonly FoundEngine[];
  readonly warnings: readonly ProbeWarning[];
}
