import type {
  Catalog,
  FitPlan,
  HardwareEntry,
  ModelProfile,
  SourcedNumber,
  Workload,
} from "@qwq-fit/schema";

import { resolveHardware } from "../hardware/resolve-hardware.ts";
import { planWithin } from "./plan-fit.ts";
import type { PlanOptions } from "./plan-options.ts";
import { Workspace } from "./workspace.ts";

/** A model on a machine, to be set beside others. */
export interface ComparedCase {
  readonly model: ModelProfile;
  /** A label that `resolveHardware` takes. */
  readonly hardware: string;
}

/** One row of a comparison. */
export interface ComparedFit {
  readonly model: string;
  readonly hardware: string;
  /** False where the label names no machine, or several. */
  readonly known: boolean;
  readonly plan: FitPlan | null;
  /** What the tightest memory lacks; 0 where it fits. */
  readonly missingBytes: number;
  readonly priceUsd: SourcedNumber | null;
  readonly priceCny: SourcedNumber | null;
  readonly loadWatts: SourcedNumber | null;
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** The catalogue's machine of that very name, which alone has a price of its own. */
const entryOf = (label: string, catalog: Catalog): HardwareEntry | null =>
  catalog.hardware.find(({ name }) => plain(name) === plain(label)) ?? null;

/** Models on machines, a row each in the order given, with the best plan, price and power of each. */
export function compareFits(
  cases: readonly ComparedCase[],
  catalog: Catalog,
  workload: Workload,
  options: PlanOptions = {},
): readonly ComparedFit[] {
  const workspace = new Workspace();
  return cases.map(({ model, hardware: label }) => {
    const found = resolveHardware(label, catalog);
    const entry = entryOf(label, catalog);
    const row = {
      model: model.id,
      hardware: label,
      priceUsd: entry?.priceUsd ?? null,
      priceCny: entry?.priceCny ?? null,
    };
    if (found.kind !== "resolved") {
      return { ...row, known: false, plan: null, missingBytes: 0, loadWatts: null };
    }
    const answer = planWithin(workspace, model, found.hardware, workload, options, "verdict");
    return {
      ...row,
      known: true,
      plan: answer.choice,
      missingBytes: answer.shortfall?.missingBytes ?? 0,
      loadWatts: found.hardware.power.loadWatts,
    };
  });
}
