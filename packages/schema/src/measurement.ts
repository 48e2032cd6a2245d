import type { Backend } from "./hardware-profile.ts";

/** One measured speed, as in profiles/measurements. */
export interface Measurement {
  readonly id: string | number;
  /** A label that `resolveHardware` takes. */
  readonly hardware: string;
  readonly count: number;
  readonly model: string;
  readonly quantization: string;
  readonly engine: string;
  readonly backend: string;
  readonly contextTokens: number | null;
  readonly promptTokensPerSecond: number | null;
  readonly decodeTokensPerSecond: number | null;
  readonly metric: string;
  readonly fullyOffloaded: boolean;
  readonly watts: number | null;
  readonly weightBytesPerToken: number | null;
  /** A: raw tool output; B: a maintainer's table; C: self-reported or rounded. */
  readonly grade: "A" | "B" | "C";
  readonly date: string | null;
  readonly source: string;
  readonly note: string | null;
}

/** A measurement or rehearsal of this very machine, kept in the user's state directory. */
export interface LocalMeasurement {
  readonly schemaVersion: 1;
  readonly method: "measured" | "rehearsed";
  readonly model: string;
  readonly quantization: string;
  readonly engine: string;
  readonly engineVersion: string;
  readonly backend: Backend;
  readonly driver: string | null;
  /** Fingerprint of the machine; another one voids the row. */
  readonly machine: string;
  readonly settings: {
    readonly threads: number;
    readonly batchTokens: number;
    readonly mmap: boolean;
    readonly kvCacheType: string;
    readonly flashAttention: boolean;
    readonly offloadedLayers: number;
    readonly sequences: number;
  };
  /** Decode time at an empty cache, and what each cached token adds, ms. */
  readonly decodeMsPerToken: number;
  readonly decodeMsPerCachedToken: number;
  readonly prefillTokensPerSecond: number;
  /** Relative half-width of the range, from the spread of the runs. */
  readonly relativeError: number;
  readonly takenAt: string;
}
