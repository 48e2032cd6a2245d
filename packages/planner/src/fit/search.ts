import type { WeightsVariant } from "@qwq-fit/schema";

import type { EngineCapabilities } from "../engines/capabilities.ts";
import { engineRows } from "../engines/engine-rows.ts";
import type { Candidate } from "./candidate.ts";
import { contextCandidates } from "./contexts.ts";
import type { Problem } from "./problem.ts";
import { searchHosts } from "./search-hosts.ts";
import { searchServer } from "./search-servers.ts";
import {
  type LlamaSearch,
  llamaSearches,
  mayFit,
  proposeLlama,
  settleExactly,
  verifyLlama,
} from "./search-llama.ts";

/** A way to run the model that may fit, and the exact rules for it, which cost more. */
export interface Lead {
  readonly proposal: Candidate;
  /** The same, exactly; null where it turns out not to fit. */
  readonly verify: () => Candidate | null;
}

const allowed = (problem: Problem): readonly WeightsVariant[] => {
  const names = problem.options.quantizations;
  return problem.model.weights.filter(
    ({ quantization }) => names?.includes(quantization) !== false,
  );
};

const rowsOf = ({ options }: Problem): readonly EngineCapabilities[] =>
  engineRows(options.engines, options.engineVersions ?? {});

const searchesOf = (problem: Problem): readonly LlamaSearch[] =>
  rowsOf(problem)
    .filter(({ server }) => server === null)
    .flatMap((row) => llamaSearches(problem, row));

/** Ways of engines that are not built on llama.cpp, or that join several machines; there is no exacter rule for them. */
const servers = (problem: Problem): readonly Candidate[] =>
  rowsOf(problem).flatMap((row) =>
    row.server === null ? [...searchHosts(problem, row)] : [...searchServer(problem, row)],
  );

const leadOf = (search: LlamaSearch, proposal: Candidate): Lead => ({
  proposal,
  verify: () => {
    const candidate = verifyLlama(search, proposal);
    return candidate === null || candidate.overrun !== null ? null : candidate;
  },
});

/** Every way that may fit, on devices or on the CPU alone. */
export function findLeads(problem: Problem, where: "devices" | "cpu"): readonly Lead[] {
  const variants = allowed(problem);
  const leads = searchesOf(problem)
    .filter(({ set }) => set.devices.length > 0 === (where === "devices"))
    .flatMap((search) =>
      [...proposeLlama(search, variants)]
        .filter(mayFit)
        .map((proposal) => leadOf(search, proposal)),
    );
  if (where === "cpu") return leads;
  const others = servers(problem).filter(({ overrun }) => overrun === null);
  return [...leads, ...others.map((proposal) => ({ proposal, verify: () => proposal }))];
}

/** The smallest files that an engine can run there: if they do not fit, nothing does. */
function smallest(search: LlamaSearch): readonly WeightsVariant[] {
  const { row, set, problem } = search;
  return allowed(problem)
    .filter(
      ({ format, quantization }) =>
        row.formats.includes(format) && set.support.quantizations?.includes(quantization) !== false,
    )
    .toSorted((a, b) => a.tensorBytes - b.tensorBytes)
    .slice(0, 2);
}

/** The context asked for; none where the model does not reach it. */
const asked = ({ model, workload }: Problem): readonly number[] =>
  contextCandidates(model, workload).slice(0, 1);

/** Whether there is any way to run the model. */
export const fitsAnyhow = (problem: Problem): boolean =>
  searchesOf(problem).some((search) =>
    [...proposeLlama(search, smallest(search), asked(problem))]
      .filter(mayFit)
      .toReversed()
      .some((proposal) => leadOf(search, proposal).verify() !== null),
  ) || servers(problem).some(({ overrun }) => overrun === null);

/** Of the ways that do not fit the one that misses least, exactly; null where no engine runs the model at all. */
export function nearestMiss(problem: Problem): Candidate | null {
  let best: { search: LlamaSearch; proposal: Candidate; missing: number } | null = null;
  for (const search of searchesOf(problem)) {
    for (const proposal of proposeLlama(search, smallest(search), asked(problem))) {
      const missing = proposal.overrun?.missingBytes ?? 0;
      if (best === null || missing < best.missing) best = { search, proposal, missing };
    }
  }
  if (best === null) return null;
  const { search, proposal } = best;
  return settleExactly(search, proposal.variant, proposal) ?? proposal;
}
