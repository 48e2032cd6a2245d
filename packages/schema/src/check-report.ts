import type { Estimate } from "./estimate.ts";
import type { FitPlan, Shortfall } from "./fit-plan.ts";
import type { HardwareProfile } from "./hardware-profile.ts";
import type { ModelProfile } from "./model-profile.ts";
import type { Workload } from "./workload.ts";

/** An offer of the model by a cloud. */
export interface CloudOffer {
  readonly provider: string;
  readonly model: string;
  readonly inputUsdPerMillionTokens: number;
  /** Thinking is billed as output by every listed provider. */
  readonly outputUsdPerMillionTokens: number;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  /** Cost of one exchange of the workload. */
  readonly usdPerAnswer: number;
  /** False where the workload passes the offer's context or output cap. */
  readonly holdsWorkload: boolean;
  readonly source: string;
  readonly unverified: boolean;
}

export interface Recommendation {
  readonly target: "local" | "cloud" | "either" | "none";
  readonly reasons: readonly string[];
}

/** A model of the same family that does fit. */
export interface RelativeModel {
  readonly id: string;
  readonly quantization: string;
  readonly contextTokens: number;
  readonly decodeTokensPerSecond: Estimate;
  readonly totalBytes: number;
}

/** What `check --json` prints. */
export interface CheckReport {
  readonly schemaVersion: 1;
  readonly hardware: HardwareProfile;
  /** Without its tensors. */
  readonly model: ModelProfile;
  readonly workload: Workload;
  readonly fits: boolean;
  readonly usable: boolean;
  readonly choice: FitPlan | null;
  readonly plans: readonly FitPlan[];
  readonly shortfall: Shortfall | null;
  readonly relative: RelativeModel | null;
  readonly cloud: readonly CloudOffer[];
  readonly recommendation: Recommendation;
}

/** What `planFit` answers: plans on the Pareto front, best first, or why there is none. */
export interface FitAnswer {
  readonly fits: boolean;
  readonly usable: boolean;
  readonly choice: FitPlan | null;
  readonly plans: readonly FitPlan[];
  readonly shortfall: Shortfall | null;
}

/** What `estimate --json` prints: the engine's buffers for stated settings, on stated devices. */
export interface MemoryReport {
  readonly devices: readonly {
    readonly device: string;
    readonly weightsBytes: number;
    readonly repackedBytes: number;
    readonly kvCacheBytes: number;
    readonly computeBytes: number;
    readonly outputBytes: number;
    readonly totalBytes: number;
  }[];
  readonly totalBytes: number;
}
