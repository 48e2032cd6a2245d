import type { FitChange, KvCacheType } from "@qwq-fit/schema";

import { totalKld } from "../quality/quality-loss.ts";
import { largestNear, largestThat } from "./bisect.ts";
import type { Candidate } from "./candidate.ts";
import { largestContext } from "./contexts.ts";
import { machineChanges } from "./machine-changes.ts";
import type { Problem } from "./problem.ts";
import { findLeads, fitsAnyhow, fitsRoughly, type Lead } from "./search.ts";

/** Contexts are offered in these steps: the engine's own padding (llama.cpp v0.5.0 src/llama-context.cpp, GGML_PAD(n_ctx, 256)). */
const contextStep = 256;

const change = (
  kind: FitChange["kind"],
  text: string,
  bytes: number | null = null,
  command: string | null = null,
): FitChange => ({ kind, text, bytes, command });

function lessContext(problem: Problem): readonly FitChange[] {
  const { workload, model } = problem;
  const most = Math.min(workload.contextTokens - 1, largestContext(model));
  const at = (steps: number): Problem => ({
    ...problem,
    workload: { ...workload, contextTokens: steps * contextStep },
  });
  const steps = largestNear(
    1,
    Math.floor(most / contextStep),
    1,
    (count) => fitsRoughly(at(count)),
    (count) => fitsAnyhow(at(count)),
  );
  if (steps === null) return [];
  const tokens = steps * contextStep;
  const exchange = workload.promptTokens + workload.reasoningTokens + workload.answerTokens;
  const cut = tokens < exchange ? `, which cuts an exchange of ${exchange} tokens` : "";
  const text = `A context of ${tokens} tokens instead of ${workload.contextTokens} fits${cut}.`;
  return [change("less-context", text)];
}

function fewerSequences(problem: Problem): readonly FitChange[] {
  const { workload } = problem;
  const count = largestThat(1, workload.concurrency - 1, (concurrency) =>
    fitsAnyhow({ ...problem, workload: { ...workload, concurrency } }),
  );
  if (count === null) return [];
  return [change("fewer-sequences", `${count} at once instead of ${workload.concurrency} fit.`)];
}

function otherCacheType(problem: Problem): readonly FitChange[] {
  const pinned = problem.options.kvCacheTypes;
  if (pinned === undefined) return [];
  const smaller = (["q8_0", "q4_0"] as const satisfies readonly KvCacheType[]).find(
    (type) =>
      !pinned.includes(type) &&
      fitsAnyhow({ ...problem, options: { ...problem.options, kvCacheTypes: [type] } }),
  );
  if (smaller === undefined) return [];
  return [change("kv-cache-type", `A ${smaller} KV cache fits.`)];
}

function smallerQuantization(problem: Problem, nearest: Candidate | null): readonly FitChange[] {
  const { model, options } = problem;
  if (options.quantizations === undefined) return [];
  const names = new Set(model.weights.map(({ quantization }) => quantization));
  for (const name of options.quantizations) names.delete(name);
  const loss = ({ proposal }: Lead): number =>
    totalKld(proposal.variant, proposal.kvCacheType, model.parameters);
  const free = { ...problem, options: { ...options, quantizations: [...names] } };
  const best = (["devices", "cpu"] as const)
    .flatMap((on) => findLeads(free, { on, anyEngine: true }))
    .toSorted((a, b) => loss(a) - loss(b))
    .map(({ verify }) => verify)
    .reduce<Candidate | null>((found, verify) => found ?? verify(), null);
  if (best === null) return [];
  const saved = (nearest?.variant.tensorBytes ?? 0) - best.variant.tensorBytes;
  return [
    change(
      "smaller-quantization",
      `${best.variant.quantization} fits.`,
      saved > 0 ? saved : null,
      `--quantization ${best.variant.quantization}`,
    ),
  ];
}

/**
 * Changes after each of which, alone, the model fits: every one was planned again. Changes to the
 * request come first, then to this machine, then more memory.
 */
export function fittingChanges(problem: Problem, nearest: Candidate | null): readonly FitChange[] {
  const request = [
    ...otherCacheType(problem),
    ...smallerQuantization(problem, nearest),
    ...lessContext(problem),
    ...fewerSequences(problem),
  ];
  if (nearest?.overrun === undefined || nearest.overrun === null) return request;
  return [...request, ...machineChanges(problem)];
}
