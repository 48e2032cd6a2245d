import { type ModelProfile, QwqError } from "@qwq-fit/schema";

import type { ContextParameters } from "./context-parameters.ts";
import type { DeviceRules } from "./device-rules.ts";
import type { LayerSplit } from "./layer-split.ts";
import { rowBytes } from "./tensor-types.ts";
import type { WeightPlacement } from "./weights/place-weights.ts";
import type { WeightTable } from "./weights/weight-table.ts";

interface Placed {
  readonly devices: readonly DeviceRules[];
  readonly split: LayerSplit;
  readonly placement: WeightPlacement;
}

/**
 * Refuses what ends the engine's process instead of failing: seen with node-llama-cpp 3.22.1.
 *
 * @throws QwqError `unsupported_combination`.
 */
export function refuseAborts(
  model: ModelProfile,
  context: ContextParameters,
  placed: Placed,
  weights: WeightTable,
): void {
  if (latentOnAmx(model, context, placed, weights)) {
    throw new QwqError(
      "unsupported_combination",
      "llama.cpp aborts on this CPU: its AMX layout cannot hold the matrices of latent attention",
      { hint: "Use llama-server with --no-repack, or a device for all layers." },
    );
  }
  const tooLong = tooLongCache(model, context, placed);
  if (tooLong === undefined) return;
  throw new QwqError(
    "unsupported_combination",
    `llama.cpp aborts on ${tooLong.id}: one block's keys would be larger than the ${tooLong.maxTensorBytes} bytes that its driver takes`,
    { hint: "Take less context or fewer sequences, or keep the layers on the CPU." },
  );
}

/**
 * Absorbed queries reach `attn_k_b` permuted, and with flash attention the results reach `attn_v_b` so; AMX takes
 * contiguous ones only, and no other backend reads its buffer (ggml-cpu/amx/amx.cpp, supports_op; ggml-backend.cpp,
 * ggml_backend_sched_split_graph, GGML_ASSERT(*cur_backend_id != -1)).
 */
function latentOnAmx(
  { blocks }: ModelProfile,
  context: ContextParameters,
  { placement }: Placed,
  weights: WeightTable,
): boolean {
  return blocks.some(({ cache }, block) => {
    if (cache.kind !== "mla") return false;
    const names = context.flashAttention ? ["attn_k_b", "attn_v_b"] : ["attn_k_b"];
    return names.some((name) => {
      const row = weights.groups(block).get(name)?.weight;
      return row !== undefined && placement.buffers[row.index] === "amx";
    });
  });
}

/** A cache must stay on its device, and an operation on a tensor beyond the device's limit cannot run there. */
function tooLongCache(
  { blocks }: ModelProfile,
  { cacheType, contextCells }: ContextParameters,
  { devices, split }: Placed,
): DeviceRules | undefined {
  for (const [block, { cache }] of blocks.entries()) {
    const device = devices[split.blocks[block] ?? -1];
    if (device === undefined || cache.kind === "recurrent") continue;
    if (cache.kind === "gqa" && cache.windowTokens !== null) continue;
    const row =
      cache.kind === "mla"
        ? cache.rowLength
        : cache.kvHeads * Math.max(cache.keyLength, cache.valueLength);
    if (rowBytes(cacheType, row) * contextCells > device.maxTensorBytes) return device;
  }
  return undefined;
}
