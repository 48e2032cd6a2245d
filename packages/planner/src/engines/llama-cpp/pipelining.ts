import type { DeviceRules } from "./device-rules.ts";
import type { LayerSplit } from "./layer-split.ts";
import type { LlamaCppSettings } from "./llama-cpp-settings.ts";

/** ggml-backend.cpp, GGML_SCHED_MAX_COPIES. */
const COPIES = 4;

/**
 * How often graph inputs are held: several times where several devices hold the whole model and work one
 * behind the other on consecutive batches (llama.cpp v0.5.0 src/llama-context.cpp, llama_context::llama_context,
 * `pipeline_parallel`).
 */
export function inputCopies(
  settings: LlamaCppSettings,
  split: LayerSplit,
  devices: readonly DeviceRules[],
): number {
  const overrides = settings.expertsOnCpu === true || (settings.expertBlocksOnCpu ?? 0) > 0;
  const pipelined =
    devices.length > 1 &&
    settings.offloadedLayers > split.blocks.length &&
    !overrides &&
    devices.every(({ pipelines }) => pipelines);
  return pipelined ? COPIES : 1;
}
