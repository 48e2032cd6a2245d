/** What became of running a tool. Only `ended` has an output that is worth parsing. */
export type ToolResult =
  | {
      readonly kind: "ended";
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
    }
  /** There is no such program. */
  | { readonly kind: "missing" }
  /** It ran longer than its limit, or printed more than its limit, and was ended. */
  | { readonly kind: "timeout"; readonly timeoutMs: number }
  | { readonly kind: "flooded"; readonly limitBytes: number }
  /** It could not be started. */
  | { readonly kind: "failed"; readonly reason: string };

/** An answer of a local HTTP server. */
export interface LocalResponse {
  readonly status: number;
  readonly server: string | null;
  readonly body: string;
}

/** What Node knows of the machine without a tool. Holds no names of hosts or users. */
export interface MachineFacts {
  readonly kernel: string;
  readonly osVersion: string;
  readonly cpuModels: readonly string[];
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly usableCores: number;
  readonly homeDirectory: string;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface BatteryState {
  readonly present: boolean;
  readonly onMains: boolean;
  readonly percent: number | null;
}

/** What the system's own interface tells of a CPU; null for what it does not tell. */
export interface CpuDetails {
  readonly vendor: string | null;
  readonly physicalCores: number | null;
  readonly performanceCores: number | null;
  readonly efficiencyCores: number | null;
  readonly cacheBytes: {
    readonly l1d: number | null;
    readonly l2: number | null;
    readonly l3: number | null;
  };
  readonly instructionSets: readonly string[];
}

/**
 * Everything that a probe may touch. The real machine fills it in `createNodePorts`, a recorded one in
 * `createRecordedPorts`; so whatever runs here can be replayed elsewhere. No member throws.
 */
export interface ProbePorts {
  readonly platform: string;
  readonly architecture: string;
  readonly facts: MachineFacts;
  /** One environment variable, or undefined. */
  environment(name: string): string | undefined;
  /** Path of a program on PATH or in a vendor's usual folders, or null. */
  find(program: string): Promise<string | null>;
  /** Runs a program without a shell, with bounded time and output. */
  run(
    program: string,
    args: readonly string[],
    limits?: { readonly timeoutMs?: number },
  ): Promise<ToolResult>;
  /** A text file, at most 1 MiB of it; null where it cannot be read. */
  readFile(path: string): Promise<string | null>;
  /** Names in a folder; null where it cannot be listed. */
  listDir(path: string): Promise<readonly string[] | null>;
  /** GET from 127.0.0.1; null where nothing answers in time. */
  fetchLocal(port: number, path: string): Promise<LocalResponse | null>;
  disk(path: string): Promise<DiskSpace | null>;
  /** Battery by the system's own interface, where files do not tell it (macOS, Windows). */
  battery(): Promise<BatteryState | null>;
  /** Cores and caches by the system's own interface, where files and `sysctl` do not tell them (Windows, the BSDs). */
  cpuDetails(): Promise<CpuDetails | null>;
}
