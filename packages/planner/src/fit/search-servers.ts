import type { DeviceProfile, KvCacheType, WeightsVariant } from "@qwq-fit/schema";

import type { BackendSupport, EngineCapabilities } from "../engines/capabilities.ts";
import { type Served, servedBy } from "../engines/served-models.ts";
import { type Budgets, budgetsOf, freeDeviceBytes } from "./budget.ts";
import type { Candidate, Settings } from "./candidate.ts";
import { chargeMemory } from "./charge.ts";
import { contextCandidates } from "./contexts.ts";
import { otherFormats } from "./other-formats.ts";
import type { Problem } from "./problem.ts";
import { type Layout, serverBuffers } from "./server-memory.ts";
import { computeThreads } from "./threads.ts";

/** What an engine takes of each device at most: its share of the whole, and never more than is free. */
function serverBudgets(problem: Problem, row: EngineCapabilities): Budgets {
  const budgets = budgetsOf(problem.hardware, row);
  const devices = new Map(
    problem.hardware.devices.flatMap((device) => {
      const known = budgets.devices.get(device.id);
      if (known === undefined) return [];
      const share = row.server?.memoryShare ?? 1;
      const most = Math.floor((device.memoryBytes ?? known.freeBytes) * share);
      const budgetBytes = Math.min(known.budgetBytes, most);
      const source = `${device.memorySource}; ${row.engine} takes ${share} of it: ${row.server?.source ?? ""}`;
      return [[device.id, { ...known, budgetBytes, source }] as const];
    }),
  );
  return { ...budgets, devices };
}

/** Equal devices in groups that can share a layer: 1, 2, 4, 8… of them, as the heads divide. */
function groupsOf(
  problem: Problem,
  row: EngineCapabilities,
  support: BackendSupport,
): readonly (readonly DeviceProfile[])[] {
  const { hardware, model } = problem;
  const usable = hardware.devices.filter(
    (device) =>
      device.software !== true &&
      device.backends.includes(support.backend) &&
      (freeDeviceBytes(device, hardware) ?? 0) > 0,
  );
  const [first] = usable;
  if (first === undefined) return [];
  const equal = usable.filter(({ name }) => name === first.name);
  const most = row.parallelism === "tensor" ? equal.length : 1;
  const groups: (readonly DeviceProfile[])[] = [];
  for (let size = 1; size <= most; size *= 2) {
    if (model.attentionHeads % size === 0) groups.push(equal.slice(0, size));
  }
  return groups;
}

interface Place {
  readonly row: EngineCapabilities;
  readonly support: BackendSupport;
  readonly budgets: Budgets;
  readonly devices: readonly DeviceProfile[];
  readonly hosts: number;
}

function settle(
  problem: Problem,
  place: Place,
  variant: WeightsVariant,
  settings: Settings,
): Candidate | null {
  const { row, support, devices, hosts } = place;
  if (row.server === null) return null;
  const ids = devices.map(({ id }) => id);
  const layout: Layout = { tensorParallel: devices.length, stages: hosts };
  const buffers = serverBuffers(row.server, problem.model, variant, settings, layout, ids);
  const lastBlock = problem.model.blocks.length;
  return {
    ...settings,
    row,
    support,
    variant,
    devices: ids,
    hosts,
    rough: true,
    placement: ids.map((device) => ({ device, firstBlock: 0, lastBlock, part: "all" })),
    ...chargeMemory(buffers, place.budgets),
  };
}

const listed = (
  served: readonly Served[] | null,
  variant: WeightsVariant,
  devices: number,
  context: number,
): boolean =>
  served === null ||
  served.some(
    (entry) =>
      context <= entry.contextTokens &&
      (entry.devices === null || entry.devices === devices) &&
      entry.quantizations?.includes(variant.quantization) !== false,
  );

/** Whether a type of the cache is allowed; a server's 16 bits are bf16 where ggml's are f16. */
const typeAllowed = (problem: Problem, type: KvCacheType): boolean => {
  const pinned = problem.options.kvCacheTypes;
  return (
    pinned === undefined || pinned.includes(type) || (type === "bf16" && pinned.includes("f16"))
  );
};

function* candidatesAt(
  problem: Problem,
  place: Place,
  variants: readonly WeightsVariant[],
): Generator<Candidate> {
  const { model, workload, hardware } = problem;
  const { row, support, devices } = place;
  const [first] = devices;
  if (first === undefined || row.server === null) return;
  const served = servedBy(row.engine, model, first);
  for (const variant of variants) {
    if (!row.formats.includes(variant.format)) continue;
    const named = support.quantizations?.includes(variant.quantization);
    // W8A8 files are made for the engines that name them
    if (named === false || (named === undefined && variant.quantization === "W8A8")) continue;
    for (const kvCacheType of support.kvCacheTypes.filter((type) => typeAllowed(problem, type))) {
      for (const contextTokens of contextCandidates(problem, row)) {
        if (!listed(served, variant, devices.length, contextTokens)) break;
        const candidate = settle(problem, place, variant, {
          kvCacheType,
          contextTokens,
          sequences: workload.concurrency,
          offloadedLayers: model.blocks.length + 1,
          expertsOnCpu: false,
          tensorParallel: devices.length,
          threads: computeThreads(hardware.cpu),
          batchTokens: row.server.batchTokens,
          mmap: false,
          repack: false,
          flashAttention: support.flashAttention,
        });
        if (candidate === null) break;
        yield candidate;
        if (candidate.overrun !== null) break;
      }
    }
  }
}

/** Ways in which an engine that is not built on llama.cpp runs the model, those that fit and those that do not. */
export function* searchServer(problem: Problem, row: EngineCapabilities): Generator<Candidate> {
  const names = problem.options.quantizations;
  const variants = [...problem.model.weights, ...otherFormats(problem.model)].filter(
    ({ quantization }) => names?.includes(quantization) !== false,
  );
  const budgets = serverBudgets(problem, row);
  const { hostCount } = problem.hardware;
  const counts = row.severalHosts && hostCount > 1 ? [1, hostCount] : [1];
  for (const support of row.backends) {
    for (const devices of groupsOf(problem, row, support)) {
      for (const hosts of counts) {
        yield* candidatesAt(problem, { row, support, budgets, devices, hosts }, variants);
      }
    }
  }
}
