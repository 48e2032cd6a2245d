/** What a chip is, beside its figures: how the coefficients group it. */
export interface ChipGroup {
  readonly vendor: string;
  readonly family: string;
  /** "hbm", "gddr", "gddr-ecc", "unified", "ddr". */
  readonly memory: string;
  /** Reference throughput for prefill: tensor fp16, else shader fp16; null where neither is known. */
  readonly flops: number | null;
  /** Whole-number operations a second of its shaders, which unpack weights; null where not known. */
  readonly integerOps: number | null;
  /** Power under load of the card alone; null for chips that share it with a CPU. */
  readonly watts: number | null;
}

/** What takes time, each with terms of its own. */
export type SpeedPart = "layer" | "weights" | "cache" | "link" | "compute" | "attention" | "stream";

/** Half-width of a range, as the logarithm of a factor, from the residuals of one group. */
export interface RangeGroup {
  readonly rows: number;
  readonly logHalfWidth: number;
}

/** Ranges for devices that were measured, and for others; keys: "device:…", "family:…", "vendor:…", "all". */
export interface RangeTable {
  readonly measured: Readonly<Record<string, RangeGroup>>;
  readonly other: Readonly<Record<string, RangeGroup>>;
}

/**
 * The fitted speed model, as data. A part's seconds are its seconds at the reference (nominal throughput,
 * one second a layer) times exp(intercept + sum of the terms that apply); a read's, its seconds at nominal
 * bandwidth times one plus that. The terms are differences from the whole, pulled towards zero where few
 * rows speak for them.
 */
export interface SpeedCoefficients {
  readonly schemaVersion: 1;
  readonly intercepts: Readonly<Record<SpeedPart, number>>;
  /** "weights.family:ada" and the like; a term that is not listed is 0. */
  readonly terms: Readonly<Record<string, number>>;
  readonly decodeRanges: RangeTable;
  readonly prefillRanges: RangeTable;
  readonly coverage: number;
  /** What has rows of its own, as "chip/engine/backend". */
  readonly measured: { readonly decode: readonly string[]; readonly prefill: readonly string[] };
  readonly chips: Readonly<Record<string, ChipGroup>>;
  /** Where the rows stand. */
  readonly sources: readonly string[];
}

/**
 * Used where nothing is fitted. Layer: tens of microseconds to launch its kernels; weights: 0.8 of
 * nominal bandwidth for large matrices (aiconfigurator, as quoted in hardware notes); prefill: 0.35 of
 * nominal throughput. Ranges are wide on purpose.
 */
export const FALLBACK_COEFFICIENTS: SpeedCoefficients = {
  schemaVersion: 1,
  intercepts: {
    layer: Math.log(30e-6),
    weights: Math.log(1 / 0.75 - 1),
    cache: Math.log(1 / 0.6 - 1),
    link: Math.log(30e-6),
    compute: -Math.log(0.35),
    attention: -Math.log(0.15),
    stream: -Math.log(0.7),
  },
  terms: {},
  decodeRanges: {
    measured: { all: { rows: 0, logHalfWidth: Math.log(2) } },
    other: { all: { rows: 0, logHalfWidth: Math.log(2) } },
  },
  prefillRanges: {
    measured: { all: { rows: 0, logHalfWidth: Math.log(3) } },
    other: { all: { rows: 0, logHalfWidth: Math.log(3) } },
  },
  coverage: 0.8,
  measured: { decode: [], prefill: [] },
  chips: {},
  sources: [],
};
