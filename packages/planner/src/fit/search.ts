import type { KvCacheType, WeightsVariant } from "@qwq-fit/schema";

import type { EngineCapabilities } from "../engines/capabilities.ts";
import { engineRows } from "../engines/engine-rows.ts";
import type { Candidate } from "./candidate.ts";
import { contextCandidates } from "./contexts.ts";
import type { Problem } from "./problem.ts";
import { cacheBytes } from "./rough-memory.ts";
import { searchHosts } from "./search-hosts.ts";
import { searchServer } from "./search-servers.ts";
import { verifyLlama } from "./verify-llama.ts";
import {
  leastBatch,
  type LlamaSearch,
  llamaSearches,
  mayFit,
  proposeLlama,
  settleExactly,
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

/** Where ways to run are looked for: on devices or on the CPU alone, and with which engines. */
export interface Where {
  readonly on: "devices" | "cpu";
  /** With engines too that only do what our own does, which may leave a little less free. */
  readonly anyEngine: boolean;
}

const sameDevices = (a: LlamaSearch, b: LlamaSearch): boolean =>
  a.set.support.backend === b.set.support.backend &&
  a.set.devices.length === b.set.devices.length &&
  a.set.devices.every(({ id }, index) => id === b.set.devices[index]?.id);

/**
 * Whether our own engine does in the same place all that another one built on llama.cpp could: no split
 * to choose, no experts to keep on the CPU.
 */
const needless = (search: LlamaSearch, all: readonly LlamaSearch[]): boolean =>
  search.row.engine !== "node-llama-cpp" &&
  search.set.devices.length < 2 &&
  search.problem.model.experts === null &&
  all.some((other) => other.row.engine === "node-llama-cpp" && sameDevices(other, search));

/** Contexts to look at: of a needless engine those that ours cannot be told. */
const contextsOf = (search: LlamaSearch, isNeedless: boolean): readonly number[] =>
  contextCandidates(search.problem, search.row).filter(
    (tokens) => !isNeedless || tokens > search.problem.model.contextTokens,
  );

/** Every way that may fit. */
export function findLeads(problem: Problem, where: Where): readonly Lead[] {
  const variants = allowed(problem);
  const searches = searchesOf(problem).filter(
    ({ set }) => (set.devices.length === 0) === (where.on === "cpu"),
  );
  const leads = searches.flatMap((search) => {
    const skip = !where.anyEngine && needless(search, searches);
    return [...proposeLlama(search, variants, contextsOf(search, skip))]
      .filter(mayFit)
      .map((proposal) => leadOf(search, proposal));
  });
  if (where.on === "cpu") return leads;
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

/** The context asked for; none where model or engine does not reach it. */
const asked = ({ problem, row }: LlamaSearch): readonly number[] =>
  contextCandidates(problem, row).slice(0, 1);

/** The least that any settings need of all memories together: the file and the smallest cache. */
function leastBytes(problem: Problem, variant: WeightsVariant, type: KvCacheType): number {
  const { model, workload } = problem;
  const settings = {
    kvCacheType: type,
    contextTokens: workload.contextTokens,
    sequences: workload.concurrency,
    batchTokens: 1,
  };
  const cache = model.blocks.reduce((sum, block) => sum + cacheBytes(block.cache, settings), 0);
  return variant.tensorBytes + cache;
}

/** What all memories of a search hold together. */
const mostBytes = ({ budgets, set }: LlamaSearch): number =>
  set.devices
    .filter(({ id }) => !budgets.unified.has(id))
    .reduce((sum, { id }) => sum + (budgets.devices.get(id)?.budgetBytes ?? 0), 0) +
  budgets.host.budgetBytes;

/** Proposals that may fit, from the smallest file, cache and batch. */
function* anyProposals(problem: Problem, search: LlamaSearch): Generator<Candidate> {
  const types = search.set.support.kvCacheTypes.filter(
    (type) => problem.options.kvCacheTypes?.includes(type) !== false,
  );
  const most = mostBytes(search);
  for (const variant of smallest(search)) {
    for (const type of types.toReversed()) {
      if (leastBytes(problem, variant, type) > most) continue;
      yield* proposeLlama(search, [variant], asked(search), [type], [leastBatch]);
    }
  }
}

const serverFits = (problem: Problem): boolean =>
  servers(problem).some(({ overrun }) => overrun === null);

const someProposal = (
  problem: Problem,
  holds: (search: LlamaSearch, proposal: Candidate) => boolean,
): boolean =>
  searchesOf(problem).some((search) => {
    for (const proposal of anyProposals(problem, search)) {
      if (mayFit(proposal) && holds(search, proposal)) return true;
    }
    return false;
  });

/** Whether there is any way to run the model, to within what rough memory is off by. */
export const fitsRoughly = (problem: Problem): boolean =>
  someProposal(problem, (_, { overrun }) => overrun === null) || serverFits(problem);

/** Whether there is any way to run the model. */
export const fitsAnyhow = (problem: Problem): boolean =>
  someProposal(problem, (search, proposal) => leadOf(search, proposal).verify() !== null) ||
  serverFits(problem);

/** Of the ways that do not fit the one that misses least, exactly; null where no engine runs the model at all. */
export function nearestMiss(problem: Problem): Candidate | null {
  let best: { search: LlamaSearch; proposal: Candidate; missing: number } | null = null;
  for (const search of searchesOf(problem)) {
    for (const proposal of proposeLlama(search, smallest(search), asked(search))) {
      const missing = proposal.overrun?.missingBytes ?? 0;
      if (best === null || missing < best.missing) best = { search, proposal, missing };
    }
  }
  if (best === null) return null;
  const { search, proposal } = best;
  return settleExactly(search, proposal.variant, proposal) ?? proposal;
}
