import type { Estimate, FitPlan, LocalMeasurement, Workload } from "@qwq-fit/schema";

/** Settings of a measurement that a plan may take over. */
type Tuned = Pick<FitPlan, "threads" | "batchTokens" | "flashAttention">;

/**
 * The plan with the best settings that were measured for it on this machine (`rehearse --tune`), and the speed that was
 * measured with them; the plan itself where none is better. Only settings are taken that ask for no more memory than the
 * plan counted: as many threads as were best, no larger batch, flash attention on but never off.
 */
export function tunedPlan(
  plan: FitPlan,
  measurements: readonly LocalMeasurement[],
  workload: Workload,
): FitPlan {
  const rows = measurements.filter(
    ({ model, quantization, engine, engineVersion, backend, settings }) =>
      model === plan.model &&
      quantization === plan.quantization &&
      engine === plan.engine &&
      engineVersion === plan.engineVersion &&
      backend === plan.backend &&
      settings.kvCacheType === plan.kvCacheType &&
      settings.offloadedLayers === plan.offloadedLayers &&
      settings.sequences === plan.sequences &&
      settings.batchTokens <= plan.batchTokens &&
      (settings.flashAttention || !plan.flashAttention),
  );
  const [best] = rows.toSorted((a, b) => answerMs(a, workload) - answerMs(b, workload));
  if (best === undefined || isOf(plan, best)) return plan;
  const { threads, batchTokens, flashAttention } = best.settings;
  const tuned: Tuned = { threads, batchTokens, flashAttention };
  const depth = depthOf(workload);
  const decode = 1000 / tokenMs(best, depth);
  const first =
    (workload.promptTokens * 1000) / best.prefillTokensPerSecond +
    tokenMs(best, workload.promptTokens);
  const estimate = (like: Estimate, expected: number): Estimate => ({
    low: expected / (1 + best.relativeError),
    expected,
    high: expected * (1 + best.relativeError),
    coverage: like.coverage,
    method: best.method,
    sources: [`${best.method} on this machine ${best.takenAt}`],
  });
  return {
    ...plan,
    ...tuned,
    decodeTokensPerSecond: estimate(plan.decodeTokensPerSecond, decode),
    prefillTokensPerSecond: estimate(plan.prefillTokensPerSecond, best.prefillTokensPerSecond),
    timeToFirstTokenMs: estimate(plan.timeToFirstTokenMs, first),
    timeToAnswerMs: estimate(plan.timeToAnswerMs, answerMs(best, workload)),
    notes: [...plan.notes, "Threads, batch and flash attention are those that were best here."],
  };
}

function isOf(plan: FitPlan, { settings }: LocalMeasurement): boolean {
  const { threads, batchTokens, flashAttention } = settings;
  return (
    threads === plan.threads &&
    batchTokens === plan.batchTokens &&
    flashAttention === plan.flashAttention
  );
}

function tokenMs(row: LocalMeasurement, cachedTokens: number): number {
  return row.decodeMsPerToken + row.decodeMsPerCachedToken * cachedTokens;
}

/** Tokens that are cached in the middle of an answer: what a token of it takes on average. */
function depthOf({ promptTokens, reasoningTokens, answerTokens }: Workload): number {
  return promptTokens + (reasoningTokens + answerTokens) / 2;
}

function answerMs(row: LocalMeasurement, workload: Workload): number {
  const { promptTokens, reasoningTokens, answerTokens } = workload;
  const output = reasoningTokens + answerTokens;
  return (
    (promptTokens * 1000) / row.prefillTokensPerSecond + output * tokenMs(row, depthOf(workload))
  );
}
