import type { Backend, FitPlan, KvCacheType } from "@qwq-fit/schema";

/** What an engine is told when it loads a model: a plan's numbers, plain JSON, printed by `--dry-run`. */
export interface EngineSettings {
  readonly backend: Backend;
  /** Context of one sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  readonly batchTokens: number;
  readonly threads: number;
  readonly mmap: boolean;
  readonly kvCacheType: KvCacheType;
  readonly flashAttention: boolean;
  readonly offloadedLayers: number;
  readonly expertsOnCpu: boolean;
  readonly repack: boolean;
  /** Files of LoRA adapters with their scales. */
  readonly loras: readonly { readonly path: string; readonly scale: number }[];
  /** Context past the trained one is reached by YaRN with this factor; null where not asked. */
  readonly yarn: { readonly factor: number; readonly originalContextTokens: number } | null;
}

/** The settings of a plan. */
export function settingsFromPlan(
  plan: FitPlan,
  extra: Partial<Pick<EngineSettings, "loras" | "yarn">> = {},
): EngineSettings {
  return {
    backend: plan.backend,
    contextTokens: plan.contextTokens,
    sequences: plan.sequences,
    batchTokens: plan.batchTokens,
    threads: plan.threads,
    mmap: plan.mmap,
    kvCacheType: plan.kvCacheType,
    flashAttention: plan.flashAttention,
    offloadedLayers: plan.offloadedLayers,
    expertsOnCpu: plan.expertsOnCpu,
    repack: plan.repack,
    loras: extra.loras ?? [],
    yarn: extra.yarn ?? null,
  };
}
