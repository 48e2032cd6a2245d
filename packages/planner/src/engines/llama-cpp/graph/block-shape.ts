import { QwqError } from "@qwq-fit/schema";
import { blockCells } from "../kv-cache.ts";
import type { AttentionShape } from "./attention.ts";
import type { GraphInput } from "./graph-input.ts";

/** Attention of a block with grouped queries. @throws QwqError `unsupported_model` for another kind. */
export function blockShape({ model, context }: GraphInput, block: number): AttentionShape {
  const cache = model.blocks[block]?.cache;
  if (cache?.kind !== "gqa") {
    throw new QwqError(
      "unsupported_model",
      `block ${block} of ${model.id} has no grouped attention`,
    );
  }
  const { kvHeads, keyLength, valueLength, windowTokens } = cache;
  return { kvHeads, keyLength, valueLength, cells: blockCells(windowTokens, context) };
}
