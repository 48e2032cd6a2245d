import type { ModelProfile } from "@qwq-fit/schema";
import type { ContextParameters } from "../context-parameters.ts";
import type { VersionRules } from "../versions.ts";
import type { LayerSplit } from "../layer-split.ts";
import type { WeightPlacement } from "../weights/place-weights.ts";
import type { WeightTable } from "../weights/weight-table.ts";

/** What a compute graph is built from. */
export interface GraphInput {
  readonly model: ModelProfile;
  readonly context: ContextParameters;
  readonly split: LayerSplit;
  readonly weights: WeightTable;
  readonly placement: WeightPlacement;
  /** Blocks that are built: all, or enough of each kind for the peak. */
  readonly blocks: readonly number[];
  readonly offloadedLayers: number;
  readonly version: VersionRules;
}

/** The batch for which a graph is built. */
export interface GraphBatch {
  readonly tokens: number;
  readonly outputs: number;
}
