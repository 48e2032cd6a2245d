import type { ModelEntry } from "@qwq-fit/schema";

/** What decides names and shapes of a model's tensors. */
export type LayoutShape = Pick<
  ModelEntry,
  "architecture" | "hyperparameters" | "vocabularySize" | "tiedEmbeddings" | "qkvBias" | "qkNorm"
>;

/** A tensor whose type is not chosen yet. */
export interface PlannedTensor {
  readonly name: string;
  /** GGUF order: the row length first. */
  readonly shape: readonly number[];
}

/** A matrix or vector of a block: "blk.3.attn_q.weight". */
export function blockTensor(
  block: number,
  name: string,
  shape: readonly number[],
  kind: "weight" | "bias" | "" = "weight",
): PlannedTensor {
  return { name: `blk.${block}.${name}${kind === "" ? "" : `.${kind}`}`, shape };
}
