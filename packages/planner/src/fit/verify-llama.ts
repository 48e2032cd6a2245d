import type { Candidate } from "./candidate.ts";
import type { Problem } from "./problem.ts";
import {
  type LlamaSearch,
  llamaSearches,
  mayFit,
  settleExactly,
  settleRoughly,
} from "./search-llama.ts";

/** Layers that would have to leave the device that is fullest, taken alone; 0 where none is too full. */
function surplusLayers(search: LlamaSearch, candidate: Candidate): number {
  const layers = Math.max(1, candidate.offloadedLayers / Math.max(1, search.set.devices.length));
  const surplus = candidate.memory.map((row) => {
    const own = search.budgets.devices.get(row.device)?.budgetBytes;
    const lack = own === undefined ? 0 : row.totalBytes - own;
    if (lack <= 0) return 0;
    return Math.ceil(lack / Math.max(1, (row.weightsBytes + row.kvCacheBytes) / layers));
  });
  return Math.max(0, ...surplus) * Math.max(1, search.set.devices.length);
}

/** Share of the surplus that is taken off at once, so as not to take too much. */
const cautious = 0.75;

/**
 * The proposal as the engine's rules allocate it: read instead of mapped, then with fewer layers on the
 * devices while it is a device that is too full, until it fits. Where it never does, the first attempt,
 * which overruns; null where the engine refuses the settings.
 */
export function verifyLlama(search: LlamaSearch, proposal: Candidate): Candidate | null {
  const { variant } = proposal;
  const first = settleExactly(search, variant, proposal);
  if (first === null || first.overrun === null || !mayFit(proposal)) return first;
  const unmapped = search.row.takes.mmap && proposal.mmap;
  let last = first;
  for (let layers = proposal.offloadedLayers; layers >= 0;) {
    for (const mmap of unmapped ? [true, false] : [proposal.mmap]) {
      const settings = { ...proposal, offloadedLayers: layers, mmap };
      const candidate = settleExactly(search, variant, settings);
      if (candidate === null || candidate.overrun === null) return candidate;
      last = candidate;
    }
    const surplus = surplusLayers(search, last);
    // with fewer layers on devices the host needs more: nothing is gained from here on
    if (surplus === 0) return first;
    layers -= Math.max(1, Math.floor(surplus * cautious));
  }
  return first;
}

/** What a candidate would take with all of its layers on its devices, roughly. */
export function fullOffloadBytes(
  problem: Problem,
  candidate: Candidate,
): { readonly device: number; readonly host: number } {
  const layers = problem.model.blocks.length + 1;
  const search = llamaSearches(problem, candidate.row).find(
    ({ set }) => set.devices.length === 1 && set.devices[0]?.id === candidate.devices[0],
  );
  if (search === undefined) return { device: Infinity, host: Infinity };
  const settings = { ...candidate, offloadedLayers: layers, expertsOnCpu: false };
  const { memory } = settleRoughly(search, candidate.variant, settings);
  const sum = (onHost: boolean): number =>
    memory
      .filter(({ device }) => (device === "host") === onHost)
      .reduce((total, { totalBytes }) => total + totalBytes, 0);
  return { device: sum(false), host: sum(true) };
}
