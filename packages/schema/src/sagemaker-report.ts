import type { Estimate, SourcedNumber } from "./estimate.ts";
import type { FitPlan, Shortfall } from "./fit-plan.ts";
import type { Workload } from "./workload.ts";

/** Serving containers that AWS builds and that an endpoint can be made of. */
export type SagemakerContainer = "vllm" | "lmi" | "sglang";

/** One instance type held against the workload. */
export interface SagemakerOffer {
  /** "ml.g6e.12xlarge". */
  readonly instance: string;
  readonly accelerator: string;
  readonly acceleratorCount: number;
  readonly acceleratorMemoryBytes: number;
  /** Weights and the KV cache of all sequences fit. */
  readonly fits: boolean;
  readonly usable: boolean;
  /** Null where it does not fit; then `shortfall` says why. */
  readonly plan: FitPlan | null;
  readonly shortfall: Shortfall | null;
  /** On demand, with source; the date stands in the source where it is known. */
  readonly usdPerHour: SourcedNumber;
  /** 730 hours without a pause; an endpoint that goes to zero costs less. */
  readonly usdPerMonth: number;
  /** Output tokens of all sequences together, a second. */
  readonly tokensPerSecond: Estimate | null;
  /** Output tokens at full use. */
  readonly usdPerMillionTokens: Estimate | null;
}

/** What is deployed: a template by its name, and all that it is told. */
export interface SagemakerDeployment {
  readonly template: `sagemaker-${SagemakerContainer}`;
  readonly stackName: string;
  readonly region: string;
  readonly container: SagemakerContainer;
  readonly image: { readonly uri: string; readonly unverified: boolean; readonly source: string };
  readonly parameters: Readonly<Record<string, string>>;
}

/** `qwq-fit plan --target sagemaker --json`. */
export interface SagemakerReport {
  readonly schemaVersion: 1;
  readonly target: "sagemaker";
  readonly model: string;
  readonly workload: Workload;
  /** Cheapest that fits first, then what does not fit. */
  readonly offers: readonly SagemakerOffer[];
  /** The chosen instance, or null where none fits. */
  readonly choice: string | null;
  readonly deployment: SagemakerDeployment | null;
  /** When prices were collected. */
  readonly pricesDate: string;
  readonly notes: readonly string[];
}
