import type {
  FitPlan,
  ModelProfile,
  NodePerformance,
  SamplingDefaults,
  WeightsVariant,
} from "@qwq-fit/schema";

/** The model that a server offers, as its clients see it. */
export interface ServedModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly quantization: string | null;
  readonly thinks: "always" | "switchable" | "never";
  /** From the model's card: used where a request says nothing. */
  readonly sampling: SamplingDefaults;
  readonly license: string | null;
  readonly fileSha256: string | null;
  /** Seconds since 1970. */
  readonly created: number;
}

/** A model's profile as the model that is served; `variant` is the file that runs. */
export function servedModelOf(
  profile: Pick<ModelProfile, "id" | "name" | "thinks" | "sampling" | "license">,
  variant: Pick<WeightsVariant, "quantization" | "sha256"> | null,
  options: { readonly id?: string; readonly nowMs: number },
): ServedModel {
  const id = options.id ?? profile.id;
  const names = [profile.id, profile.name].filter((name) => name !== "" && name !== id);
  return {
    id,
    aliases: [...new Set(names)],
    quantization: variant?.quantization ?? null,
    thinks: profile.thinks,
    sampling: profile.sampling,
    license: profile.license,
    fileSha256: variant?.sha256 ?? null,
    created: Math.floor(options.nowMs / 1000),
  };
}

/** What a plan foretells of a node's speed, for prompts of the plan's workload. */
export function performanceOf(plan: FitPlan, promptTokens: number): NodePerformance {
  return {
    model: plan.model,
    promptTokens,
    concurrency: plan.sequences,
    prefillTokensPerSecond: plan.prefillTokensPerSecond,
    decodeTokensPerSecond: plan.decodeTokensPerSecond,
  };
}
