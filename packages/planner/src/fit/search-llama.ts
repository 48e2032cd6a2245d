import type { HardwareProfile, KvCacheType, WeightsVariant } from "@qwq-fit/schema";

import type { EngineCapabilities } from "../engines/capabilities.ts";
import { type Budgets, budgetsOf, freeDeviceBytes } from "./budget.ts";
import type { Candidate, Settings } from "./candidate.ts";
import { chargeMemory } from "./charge.ts";
import { contextCandidates } from "./contexts.ts";
import { type DeviceSet, deviceSets } from "./devices.ts";
import { memoryOf } from "./memory-of.ts";
import { placeLayers } from "./placement.ts";
import type { Depth, Found, Problem } from "./problem.ts";
import { computeThreads } from "./threads.ts";

/** Batches of the engine's default size, and a smaller one whose compute buffers are a quarter. */
const batchSizes = [512, 128] as const;

interface Search {
  readonly problem: Problem;
  readonly row: EngineCapabilities;
  readonly budgets: Budgets;
  readonly set: DeviceSet;
  /** The machine with these devices alone. */
  readonly hardware: HardwareProfile;
}

const missing = (candidate: Candidate): number => candidate.overrun?.missingBytes ?? 0;

const nearer = (a: Candidate | null, b: Candidate): Candidate =>
  a === null || missing(b) < missing(a) ? b : a;

function settle(search: Search, variant: WeightsVariant, settings: Settings): Candidate {
  const { row, set, hardware, problem } = search;
  const { model } = problem;
  const report = memoryOf(model, variant, { ...settings, row, support: set.support }, hardware);
  const shares = set.devices.map((device) => ({
    device: device.id,
    share: freeDeviceBytes(device, hardware) ?? 0,
  }));
  return {
    ...settings,
    row,
    support: set.support,
    variant,
    devices: settings.offloadedLayers > 0 ? set.devices.map(({ id }) => id) : [],
    hosts: 1,
    placement: placeLayers(model, settings.offloadedLayers, shares, settings.expertsOnCpu),
    ...chargeMemory(report, search.budgets),
  };
}

/** The same settings, mapped from the file where both copies of repacked weights fit, else read into memory. */
function settleLoading(search: Search, variant: WeightsVariant, settings: Settings): Candidate {
  const mapped = settle(search, variant, { ...settings, mmap: true });
  if (mapped.overrun === null || !search.row.takes.mmap) return mapped;
  return settle(search, variant, { ...settings, mmap: false });
}

/** As many layers on the devices as they hold; more never need more of the host. */
function settleOffload(search: Search, variant: WeightsVariant, base: Settings): Candidate {
  const all = search.problem.model.blocks.length + 1;
  if (search.set.devices.length === 0) return settleLoading(search, variant, base);
  const at = (offloadedLayers: number): Candidate =>
    settleLoading(search, variant, { ...base, offloadedLayers });
  const full = at(all);
  if (full.overrun === null) return full;
  let [low, high] = [0, all];
  let best = full;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const candidate = at(middle);
    best = nearer(best, candidate);
    const deviceFull = candidate.memory.some(
      (row) => row.device !== "host" && row.totalBytes > row.budgetBytes,
    );
    if (deviceFull) high = middle;
    else {
      if (candidate.overrun === null) best = candidate;
      low = middle + 1;
    }
  }
  return best;
}

function baseSettings(search: Search, kvCacheType: KvCacheType, contextTokens: number): Settings {
  const { hardware, workload } = search.problem;
  return {
    kvCacheType,
    contextTokens,
    sequences: workload.concurrency,
    offloadedLayers: 0,
    expertsOnCpu: false,
    tensorParallel: 1,
    threads: computeThreads(hardware.cpu),
    batchTokens: batchSizes[0],
    mmap: true,
    repack: true,
    flashAttention: search.set.support.flashAttention,
  };
}

/** Ways to run one file at one context, best first: everything on devices, experts on the CPU, some layers. */
function settleContext(
  search: Search,
  variant: WeightsVariant,
  base: Settings,
): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const batchTokens of batchSizes) {
    const sized = { ...base, batchTokens };
    found.push(settleOffload(search, variant, sized));
    if (
      search.problem.model.experts !== null &&
      search.row.takes.expertsOnCpu &&
      search.set.devices.length > 0 &&
      found.at(-1)?.offloadedLayers !== search.problem.model.blocks.length + 1
    ) {
      found.push(settleOffload(search, variant, { ...sized, expertsOnCpu: true }));
    }
    if (found.some(({ overrun }) => overrun === null)) return found;
  }
  return found;
}

const runsOn = (set: DeviceSet, variant: WeightsVariant): boolean =>
  set.support.quantizations === null || set.support.quantizations.includes(variant.quantization);

/** Files to try: all, or where one way is enough the two smallest, for if they do not fit nothing does. */
function variantsFor(
  problem: Problem,
  set: DeviceSet,
  row: EngineCapabilities,
  depth: Depth,
): readonly WeightsVariant[] {
  const fit = problem.model.weights.filter(
    (variant) =>
      row.formats.includes(variant.format) &&
      runsOn(set, variant) &&
      problem.options.quantizations?.includes(variant.quantization) !== false,
  );
  if (depth === "every") return fit;
  return fit.toSorted((a, b) => a.tensorBytes - b.tensorBytes).slice(0, 2);
}

function cacheTypesFor(problem: Problem, set: DeviceSet, depth: Depth): readonly KvCacheType[] {
  const types = set.support.kvCacheTypes.filter(
    (type) => problem.options.kvCacheTypes?.includes(type) !== false,
  );
  return depth === "every" ? types : types.toReversed();
}

/** All contexts of one file and KV type on one set of devices, until one does not fit. */
function searchContexts(
  search: Search,
  variant: WeightsVariant,
  type: KvCacheType,
  contexts: readonly number[],
): readonly Candidate[] {
  const tried: Candidate[] = [];
  for (const contextTokens of contexts) {
    const found = settleContext(search, variant, baseSettings(search, type, contextTokens));
    tried.push(...found);
    if (!found.some(({ overrun }) => overrun === null)) break;
  }
  return tried;
}

function searchSet(search: Search, depth: Depth): Found {
  const { problem, row, set } = search;
  const all = contextCandidates(problem.model, problem.workload);
  const contexts = depth === "every" ? all : all.slice(0, 1);
  const fitting: Candidate[] = [];
  let nearest: Candidate | null = null;
  for (const variant of variantsFor(problem, set, row, depth)) {
    for (const type of cacheTypesFor(problem, set, depth)) {
      for (const candidate of searchContexts(search, variant, type, contexts)) {
        if (candidate.overrun === null) fitting.push(candidate);
        else nearest = nearer(nearest, candidate);
      }
      if (depth === "any" && fitting.length > 0) return { fitting, nearest };
    }
  }
  return { fitting, nearest };
}

/**
 * Ways in which a program built on llama.cpp runs the model: each file × KV type × context, with as many
 * layers on the devices as they hold. The CPU alone is tried where no set of devices serves.
 */
export function searchLlama(problem: Problem, row: EngineCapabilities, depth: Depth): Found {
  const { hardware } = problem;
  const budgets = budgetsOf(hardware, row);
  const fitting: Candidate[] = [];
  let nearest: Candidate | null = null;
  const cpu = row.backends.find(({ backend }) => backend === "cpu");
  const sets: DeviceSet[] = [...deviceSets(row, hardware)];
  if (cpu !== undefined) sets.push({ support: cpu, devices: [] });
  for (const set of sets) {
    if (set.devices.length === 0 && fitting.length > 0) break;
    const found = searchSet(
      { problem, row, budgets, set, hardware: { ...hardware, devices: set.devices } },
      depth,
    );
    fitting.push(...found.fitting);
    if (found.nearest !== null) nearest = nearer(nearest, found.nearest);
    if (depth === "any" && fitting.length > 0) break;
  }
  return { fitting, nearest };
}
