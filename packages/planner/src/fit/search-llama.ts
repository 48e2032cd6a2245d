import type { HardwareProfile, KvCacheType, WeightsVariant } from "@qwq-fit/schema";

import type { EngineCapabilities } from "../engines/capabilities.ts";
import { type Budgets, budgetsOf, freeDeviceBytes } from "./budget.ts";
import type { Candidate, Settings } from "./candidate.ts";
import { chargeMemory } from "./charge.ts";
import { contextCandidates } from "./contexts.ts";
import { type DeviceSet, deviceSets } from "./devices.ts";
import { exactMemory } from "./llama-settings.ts";
import { type DeviceShare, placeLayers } from "./placement.ts";
import type { Problem } from "./problem.ts";
import { roughMemory } from "./rough-memory.ts";
import { computeThreads } from "./threads.ts";

/** The engine's default batch, and one whose compute buffers are a quarter. */
const batchSizes: readonly number[] = [512, 128];
/** The one that needs least. */
export const leastBatch = 128;

/** Where candidates of one engine on one set of devices are looked for. */
export interface LlamaSearch {
  readonly problem: Problem;
  readonly row: EngineCapabilities;
  readonly budgets: Budgets;
  readonly set: DeviceSet;
  /** The machine with these devices alone. */
  readonly hardware: HardwareProfile;
  readonly shares: readonly DeviceShare[];
}

/** The searches of an engine on a machine: its sets of devices, best first, then the CPU alone. */
export function llamaSearches(problem: Problem, row: EngineCapabilities): readonly LlamaSearch[] {
  const { hardware } = problem;
  const budgets = budgetsOf(hardware, row);
  const cpu = row.backends.find(({ backend }) => backend === "cpu");
  const sets = [
    ...deviceSets(row, hardware),
    ...(cpu === undefined ? [] : [{ support: cpu, devices: [] }]),
  ];
  return sets.map((set) => ({
    problem,
    row,
    budgets,
    set,
    hardware: { ...hardware, devices: set.devices },
    shares: set.devices.map((device) => ({
      device: device.id,
      share: freeDeviceBytes(device, hardware) ?? 0,
    })),
  }));
}

const candidateOf = (
  search: LlamaSearch,
  variant: WeightsVariant,
  settings: Settings,
): Omit<Candidate, "memory" | "overrun"> => ({
  ...settings,
  row: search.row,
  support: search.set.support,
  variant,
  devices: settings.offloadedLayers > 0 ? search.set.devices.map(({ id }) => id) : [],
  hosts: 1,
  placement: placeLayers(
    search.problem.model,
    settings.offloadedLayers,
    search.shares,
    settings.expertsOnCpu,
  ),
});

/** Settings with their memory to within a few percent. */
export function settleRoughly(
  search: LlamaSearch,
  variant: WeightsVariant,
  settings: Settings,
): Candidate {
  const { model, hardware, workspace } = search.problem;
  const candidate = candidateOf(search, variant, settings);
  const bytes = workspace.bytes(model, variant, hardware);
  const buffers = roughMemory(model, bytes, settings, candidate.placement);
  return { ...candidate, ...chargeMemory(buffers, search.budgets) };
}

/** Settings with their memory as the engine's rules have it; null where the engine refuses them. */
export function settleExactly(
  search: LlamaSearch,
  variant: WeightsVariant,
  settings: Settings,
): Candidate | null {
  const { model, workspace } = search.problem;
  const candidate = candidateOf(search, variant, settings);
  const on = { ...candidate, devices: search.set.devices.map(({ id }) => id) };
  const exact = exactMemory(workspace, model, variant, settings, on, search.hardware);
  if (exact.kind === "refused") return null;
  if (exact.kind === "unknown") return { ...settleRoughly(search, variant, settings), rough: true };
  return { ...candidate, ...chargeMemory(exact.buffers, search.budgets) };
}

/** How far the rough memory may be off: a candidate that misses by less is worth the exact rules. */
const roughError = (candidate: Candidate): number =>
  32 * 2 ** 20 + candidate.memory.reduce((sum, row) => sum + row.computeBytes, 0) / 5;

export const mayFit = (candidate: Candidate): boolean =>
  candidate.overrun === null || candidate.overrun.missingBytes <= roughError(candidate);

const deviceFull = (candidate: Candidate): boolean =>
  candidate.memory.some(
    (row) => row.device !== "host" && row.totalBytes - row.budgetBytes > roughError(candidate),
  );

/** Mapped from the file where both copies of repacked weights may fit, else read into memory. */
function loadRoughly(search: LlamaSearch, variant: WeightsVariant, settings: Settings): Candidate {
  const mapped = settleRoughly(search, variant, { ...settings, mmap: true });
  if (mayFit(mapped) || !search.row.takes.mmap) return mapped;
  return settleRoughly(search, variant, { ...settings, mmap: false });
}

/** As many layers on the devices as they may hold: more of them never need more of the host. */
function offloadRoughly(search: LlamaSearch, variant: WeightsVariant, base: Settings): Candidate {
  if (search.set.devices.length === 0) return loadRoughly(search, variant, base);
  const at = (offloadedLayers: number): Candidate =>
    loadRoughly(search, variant, { ...base, offloadedLayers });
  let [low, high] = [0, search.problem.model.blocks.length + 1];
  let best = at(high);
  if (!deviceFull(best)) return best;
  best = at(0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const candidate = at(middle);
    if (deviceFull(candidate)) high = middle - 1;
    else [low, best] = [middle, candidate];
  }
  return best;
}

const baseSettings = (
  search: LlamaSearch,
  kvCacheType: KvCacheType,
  contextTokens: number,
): Settings => ({
  kvCacheType,
  contextTokens,
  sequences: search.problem.workload.concurrency,
  offloadedLayers: 0,
  expertsOnCpu: false,
  tensorParallel: 1,
  threads: computeThreads(search.problem.hardware.cpu),
  batchTokens: 512,
  mmap: true,
  repack: true,
  flashAttention: search.set.support.flashAttention,
});

/** Proposals for one file and KV type at one context: all layers where they go, else experts on the CPU, else some. */
function proposeContext(
  search: LlamaSearch,
  variant: WeightsVariant,
  base: Settings,
  batches: readonly number[],
): readonly Candidate[] {
  const all = search.problem.model.blocks.length + 1;
  const proposals: Candidate[] = [];
  for (const batchTokens of batches) {
    const sized = { ...base, batchTokens };
    const plain = offloadRoughly(search, variant, sized);
    proposals.push(plain);
    const splits = search.set.devices.length > 0 && plain.offloadedLayers < all;
    if (splits && search.problem.model.experts !== null && search.row.takes.expertsOnCpu) {
      proposals.push(offloadRoughly(search, variant, { ...sized, expertsOnCpu: true }));
    }
    if (proposals.some(mayFit)) break;
  }
  return proposals;
}

const runsOn = (set: DeviceSet, variant: WeightsVariant): boolean =>
  set.support.quantizations === null || set.support.quantizations.includes(variant.quantization);

/**
 * Everything that may fit, file by file, KV type by KV type, contexts from the one asked for upwards;
 * with their memory roughly. `nearest` takes those that do not.
 */
export function* proposeLlama(
  search: LlamaSearch,
  variants: readonly WeightsVariant[],
  contexts: readonly number[] = contextCandidates(search.problem, search.row),
  types: readonly KvCacheType[] = search.set.support.kvCacheTypes,
  batches: readonly number[] = batchSizes,
): Generator<Candidate> {
  const { options } = search.problem;
  for (const variant of variants) {
    if (!search.row.formats.includes(variant.format) || !runsOn(search.set, variant)) continue;
    for (const type of types) {
      if (options.kvCacheTypes?.includes(type) === false) continue;
      for (const contextTokens of contexts) {
        const base = baseSettings(search, type, contextTokens);
        const found = proposeContext(search, variant, base, batches);
        yield* found;
        if (!found.some(mayFit)) break;
      }
    }
  }
}
