import type {
  BatteryState,
  CpuDetails,
  DiskSpace,
  LocalResponse,
  MachineFacts,
} from "../ports/probe-ports.ts";

/** What a tool printed. `kind` is left out where it ended by itself. */
export interface RecordedCommand {
  readonly stdout: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly kind?: "timeout" | "flooded" | "failed";
}

/**
 * A machine as the raw outputs of its tools and files, from which it can be probed again elsewhere. Only
 * `schemaVersion` and one of `commands` and `files` are needed; what is not recorded is not there. Format and example:
 * this package's README.
 */
export interface Recording {
  readonly schemaVersion: 1;
  /** Node's names: "linux" (where not said), "darwin", "win32". */
  readonly platform?: string;
  readonly architecture?: string;
  /** By the command line, words joined by one space: "nvidia-smi -q -x". */
  readonly commands?: Readonly<Record<string, RecordedCommand>>;
  /** By path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names in folders by path, for folders whose names matter beyond those of `files`. */
  readonly directories?: Readonly<Record<string, readonly string[]>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Local HTTP answers by "port/path": "11434/api/version". */
  readonly http?: Readonly<Record<string, LocalResponse>>;
  /** Paths of programs on PATH, for engines that are found and not run. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly disks?: Readonly<Record<string, DiskSpace>>;
  readonly facts?: Partial<MachineFacts>;
  readonly battery?: BatteryState | null;
  readonly cpuDetails?: CpuDetails | null;
}
