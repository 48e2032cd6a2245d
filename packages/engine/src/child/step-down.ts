import type { KvCacheType } from "@qwq-fit/schema";
import type { EngineSettings } from "../engine-settings.ts";

/** Below this a context is of little use; the next smaller thing is given up instead. */
const LEAST_CONTEXT_TOKENS = 2048;

/** Cache types that the CPU and GPU backends all have, next smaller first (bytes an element: 2, 1.06, 0.56). */
const SMALLER_KV: Partial<Record<KvCacheType, KvCacheType>> = {
  f32: "f16",
  bf16: "q8_0",
  f16: "q8_0",
  q8_0: "q4_0",
};

/**
 * Settings that ask for less, for an engine that failed with these; null where nothing is left to give up. In turn:
 * half of the offloaded layers, half of the sequences, half of the context, a smaller KV type, the CPU. A caller with a
 * planner hands in its own function instead; this one knows neither model nor machine.
 */
export function stepDown(settings: EngineSettings): EngineSettings | null {
  if (settings.backend !== "cpu" && settings.offloadedLayers > 1) {
    const layers = Math.floor(settings.offloadedLayers / 2);
    return { ...settings, offloadedLayers: layers };
  }
  if (settings.sequences > 1) {
    return { ...settings, sequences: Math.ceil(settings.sequences / 2) };
  }
  if (settings.contextTokens >= LEAST_CONTEXT_TOKENS * 2) {
    return { ...settings, contextTokens: Math.floor(settings.contextTokens / 2) };
  }
  const kvCacheType = SMALLER_KV[settings.kvCacheType];
  // A quantized V cache needs flash attention (llama.cpp v0.5.0 src/llama-context.cpp, llama_init_from_model).
  if (kvCacheType !== undefined && (settings.flashAttention || kvCacheType === "f16")) {
    return { ...settings, kvCacheType };
  }
  if (settings.backend !== "cpu") {
    return { ...settings, backend: "cpu", offloadedLayers: 0 };
  }
  return null;
}
