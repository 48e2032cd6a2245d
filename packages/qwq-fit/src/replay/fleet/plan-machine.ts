import { planFit, type PlanOptions } from "@qwq-fit/planner";
import type {
  EngineName,
  FitPlan,
  HardwareProfile,
  ModelProfile,
  Shortfall,
  Workload,
} from "@qwq-fit/schema";

/** A plan for serving many, or why there is none. */
export interface ServingPlan {
  readonly plan: FitPlan;
  readonly slots: number;
  /** Tokens of cache that all sequences share; null where each slot has its own context. */
  readonly kvTokens: number | null;
  readonly notes: readonly string[];
}

export type PlannedMachine =
  /** One for each number of slots that is worth a try; the first is what a person would take. */
  | { readonly kind: "plans"; readonly servings: readonly [ServingPlan, ...ServingPlan[]] }
  | { readonly kind: "shortfall"; readonly shortfall: Shortfall | null };

/** Engines whose cache is one pool of pages for all sequences. */
const PAGED: ReadonlySet<EngineName> = new Set<EngineName>([
  "vllm",
  "sglang",
  "vllm-ascend",
  "mindie",
  "birensupa",
]);
/** vLLM's `max_num_seqs` (vllm/config/scheduler.py; docs.vllm.ai, vllm serve --max-num-seqs: 256). */
const PAGED_SLOTS = 256;
/** Slots that are tried for engines with a context for each. */
const SLOTS = [2, 4, 8, 16] as const;
/** A context is halved so often before a machine counts as too small. */
const LEAST_CONTEXT = 2048;

/** What is asked of the machine beside the trace. */
export interface MachineWish {
  readonly contextTokens: number;
  /** Null: as many as fit and stay usable. */
  readonly concurrency: number | null;
  readonly engines: readonly EngineName[] | null;
}

/** Words of a quantization's loss, the least first (packages/planner/src/quality/quality-loss.ts). */
const LOSSES: readonly string[] = ["none", "barely noticeable", "noticeable", "large", "severe"];
const lossOf = ({ qualityLoss }: FitPlan): number => LOSSES.indexOf(qualityLoss.word);

export const isPaged = (engine: EngineName): boolean => PAGED.has(engine);

/**
 * Tokens that fit into the memory that weights and buffers leave: what vLLM does at its start
 * (vllm/v1/core/kv_cache_utils.py, get_kv_cache_config: available memory over the bytes of a page).
 */
function pagedTokens(plan: FitPlan): number {
  const perDevice = plan.memory.devices
    .filter(({ kvCacheBytes }) => kvCacheBytes > 0)
    .map(({ kvCacheBytes, totalBytes, budgetBytes }) => {
      const perToken = kvCacheBytes / (plan.contextTokens * plan.sequences);
      return Math.floor((budgetBytes - totalBytes + kvCacheBytes) / perToken);
    });
  return Math.max(plan.contextTokens, Math.min(...perDevice, Number.MAX_SAFE_INTEGER));
}

/**
 * The plans with which a machine could serve this traffic. Engines with one pool of cache take as many sequences as it
 * holds; of others there is one for each number of slots, up to 16, with which every answer stays usable and as good as the quantization of one slot, or barely worse.
 */
export function planMachine(
  model: ModelProfile,
  hardware: HardwareProfile,
  workload: Workload,
  wish: MachineWish,
  options: PlanOptions,
): PlannedMachine {
  const ask = (
    contextTokens: number,
    concurrency: number,
    engines: readonly EngineName[] | null,
  ): ReturnType<typeof planFit> =>
    planFit(
      model,
      hardware,
      { ...workload, contextTokens, concurrency },
      { ...options, onlyAskedContext: true, ...(engines === null ? {} : { engines }) },
    );
  const notes: string[] = [];
  let contextTokens = wish.contextTokens;
  const concurrency = wish.concurrency ?? 1;
  let answer = ask(contextTokens, concurrency, wish.engines);
  const { shortfall } = answer;
  while (answer.choice === null && contextTokens / 2 >= LEAST_CONTEXT) {
    contextTokens = Math.ceil(contextTokens / 2);
    answer = ask(contextTokens, concurrency, wish.engines);
  }
  const plan = answer.choice;
  if (plan === null) return { kind: "shortfall", shortfall };
  if (contextTokens < wish.contextTokens) {
    notes.push(`only ${contextTokens} of ${wish.contextTokens} tokens of context fit`);
  }
  if (PAGED.has(plan.engine)) {
    const kvTokens = pagedTokens(plan);
    return { kind: "plans", servings: [{ plan, slots: PAGED_SLOTS, kvTokens, notes }] };
  }
  if (!plan.usable) notes.push("slower than is called usable");
  const engines = [plan.engine];
  const servingOf = (one: FitPlan): ServingPlan => ({
    plan: one,
    slots: one.sequences,
    kvTokens: null,
    notes,
  });
  // More slots are no reason for an answer that is noticeably worse.
  const most = Math.max(lossOf(plan), LOSSES.indexOf("barely noticeable"));
  const more = (wish.concurrency === null ? SLOTS : []).flatMap((slots) => {
    const choice = ask(contextTokens, slots, engines).plans.find(
      (one) => lossOf(one) <= most && (one.usable || !plan.usable),
    );
    return choice === undefined ? [] : [servingOf(choice)];
  });
  return { kind: "plans", servings: [servingOf(plan), ...more] };
}
