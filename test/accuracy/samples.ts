import { readFileSync } from "node:fs";
import type { SpeedInput } from "../../packages/planner/src/index.ts";
import type { ChipGroup } from "../../packages/planner/src/speed/speed-coefficients.ts";
import { heaviestChip } from "../../packages/planner/src/speed/speed-range.ts";
import type { Catalog, Measurement } from "../../packages/schema/src/index.ts";
import type { Run } from "./describe-run.ts";
import { decodeObservation, prefillObservation } from "./observe.ts";
import { rowInput } from "./row-input.ts";
import type { Observation } from "./solve.ts";

export type Phase = "decode" | "prefill";

/** One figure of one row, ready to fit or to be judged. */
export interface Sample {
  readonly phase: Phase;
  readonly row: Measurement;
  readonly run: Run;
  readonly input: SpeedInput;
  readonly observation: Observation;
  /** Groups of the device that most of the weights stand on. */
  readonly device: string;
  readonly family: string;
  readonly vendor: string;
}

export interface Samples {
  readonly samples: readonly Sample[];
  readonly unresolved: readonly { readonly row: Measurement; readonly reason: string }[];
}

/** Every figure of the rows that name known hardware and a known model. */
export function samplesOf(
  rows: readonly Measurement[],
  catalog: Catalog,
  chips: Readonly<Record<string, ChipGroup>>,
): Samples {
  const samples: Sample[] = [];
  const unresolved: { row: Measurement; reason: string }[] = [];
  for (const row of rows) {
    const resolution = rowInput(row, catalog);
    if (resolution.kind === "unresolved") {
      unresolved.push({ row, reason: resolution.reason });
      continue;
    }
    const { value } = resolution;
    const chip = heaviestChip(value.input, chips);
    const groups = { device: chip.key, family: chip.family, vendor: chip.vendor };
    const decode = decodeObservation(value, chips);
    const prefill = prefillObservation(value, chips);
    const common = { row, run: value.run, input: value.input, ...groups };
    if (decode !== null) samples.push({ phase: "decode", observation: decode, ...common });
    if (prefill !== null) samples.push({ phase: "prefill", observation: prefill, ...common });
  }
  return { samples, unresolved };
}

/** Rows that are kept for the record but not fitted, with why. */
export function leftOut(path: string): ReadonlyMap<string, string> {
  const list: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(list)) throw new Error(`${path} holds no list`);
  return new Map(list.map(({ id, reason }) => [String(id), String(reason)]));
}
