import {
  type Catalog,
  type FitPlan,
  GiB,
  type HardwareEntry,
  type HardwareProfile,
  type ModelProfile,
  type SourcedNumber,
  type Workload,
} from "@qwq-fit/schema";

import { resolveHardware } from "../hardware/resolve-hardware.ts";
import { planWithin } from "./plan-fit.ts";
import type { PlanOptions } from "./plan-options.ts";
import { Workspace } from "./workspace.ts";

/** A machine that runs a model as fast as asked. */
export interface SuitableMachine {
  /** A label that `resolveHardware` takes. */
  readonly hardware: string;
  readonly plan: FitPlan;
  /** Of all devices together; null where the catalogue has none. Launch prices, not today's. */
  readonly priceUsd: SourcedNumber | null;
}

/** Cards that people put into one machine. */
const cardCounts = [1, 2, 4, 8] as const;

/** Labels of an entry: a card once and several times, a machine in each size. */
function labelsOf(entry: HardwareEntry): readonly { label: string; count: number }[] {
  if (entry.kind === "gpu" || entry.kind === "npu") {
    return cardCounts.map((count) => ({
      label: count === 1 ? entry.name : `${count}x ${entry.name}`,
      count,
    }));
  }
  const sizes = entry.memoryBytes.map((bytes) => `${bytes / GiB}GB`);
  if (sizes.length < 2) return [{ label: entry.name, count: 1 }];
  return sizes.map((size) => ({ label: `${entry.name} ${size}`, count: 1 }));
}

/** Whether all memory together could hold the smallest file: what cannot is not planned. */
function mayHold(hardware: HardwareProfile, model: ModelProfile): boolean {
  const smallest = Math.min(...model.weights.map(({ tensorBytes }) => tensorBytes));
  const own = hardware.devices.filter(({ unified }) => !unified);
  const total = own.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  return hardware.memory.availableBytes + total >= smallest;
}

/**
 * Whether all bandwidth together could read the active weights so often: no engine reaches it, so what
 * is below is not planned.
 */
function mayReach(
  hardware: HardwareProfile,
  model: ModelProfile,
  tokensPerSecond: number,
): boolean {
  const smallest = Math.min(...model.weights.map(({ tensorBytes }) => tensorBytes));
  const active = smallest * Math.min(1, model.activeParameters / Math.max(1, model.parameters));
  const memories = [hardware.cpu, ...hardware.devices].map(
    ({ bandwidthBytesPerSecond }) => bandwidthBytesPerSecond?.value ?? Infinity,
  );
  return memories.reduce((sum, bandwidth) => sum + bandwidth, 0) >= active * tokensPerSecond;
}

const times = (price: SourcedNumber | null, count: number): SourcedNumber | null =>
  price === null ? null : { ...price, value: price.value * count };

const byPrice = (a: SuitableMachine, b: SuitableMachine): number =>
  (a.priceUsd?.value ?? Infinity) - (b.priceUsd?.value ?? Infinity) ||
  b.plan.decodeTokensPerSecond.expected - a.plan.decodeTokensPerSecond.expected;

/**
 * The machines of the catalogue on which a model decodes at least so many tokens a second, the cheapest
 * first, each with its best plan; of cards the smallest number that does. Expected speed counts, not the
 * low end of its range. CPUs alone and rented instances are judged as they stand in the catalogue.
 *
 * @param options - As for `planFit`; files are `["Q4_K_M"]` and caches f16 or q8_0 where nothing is said.
 */
export function planReverse(
  model: ModelProfile,
  tokensPerSecond: number,
  catalog: Catalog,
  workload: Workload,
  options: PlanOptions = {},
): readonly SuitableMachine[] {
  const workspace = new Workspace();
  const asked: PlanOptions = {
    quantizations: ["Q4_K_M"],
    kvCacheTypes: ["f16", "q8_0"],
    onlyAskedContext: true,
    ...options,
    optimize: "speed",
    usableTokensPerSecond: tokensPerSecond,
  };
  const suitable: SuitableMachine[] = [];
  for (const entry of catalog.hardware) {
    for (const { label, count } of labelsOf(entry)) {
      const found = resolveHardware(label, catalog);
      if (found.kind !== "resolved" || !mayHold(found.hardware, model)) continue;
      if (!mayReach(found.hardware, model, tokensPerSecond)) continue;
      const { choice } = planWithin(workspace, model, found.hardware, workload, asked, "verdict");
      if (choice === null || !choice.usable) continue;
      suitable.push({ hardware: label, plan: choice, priceUsd: times(entry.priceUsd, count) });
      if (entry.kind === "gpu" || entry.kind === "npu") break;
    }
  }
  return suitable.toSorted(byPrice);
}
