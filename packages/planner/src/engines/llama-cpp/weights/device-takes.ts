import type { TensorInfo } from "@qwq-fit/schema";
import type { DeviceRules } from "../device-rules.ts";
import type { TensorOperation } from "./tensor-role.ts";

/** Tokens with which the engine tries whether a device can compute with a weight (src/llama-model-loader.cpp, weight_buft_supported). */
const PROBE_TOKENS = 512;
const F32_BYTES = 4;

/** Whether a device would hold a weight: it can compute the operation, and no tensor of it passes its limit. */
export function deviceTakes(
  tensor: TensorInfo,
  operation: TensorOperation,
  rules: DeviceRules,
): boolean {
  const [length = 1, rows = 1] = tensor.shape;
  const outputs = operation === "MUL_MAT" ? rows : operation === "GET_ROWS" ? length : 0;
  const largest = Math.max(tensor.bytes, outputs * PROBE_TOKENS * F32_BYTES);
  return largest <= rules.maxTensorBytes;
}
