import type { ModelProfile } from "@qwq-fit/schema";
import type { ContextParameters } from "./context-parameters.ts";
import type { DeviceRules } from "./device-rules.ts";

/** Bytes of a logit. */
const F32_BYTES = 4;

/**
 * Logits of one token of each sequence, in the host's memory, pinned by the head's device where it can
 * (llama.cpp v0.5.0 src/llama-context.cpp, llama_context::output_reserve).
 */
export function outputBytes(
  model: ModelProfile,
  context: ContextParameters,
  headDevice: DeviceRules | null,
): number {
  const logits = model.vocabularySize * context.sequences * F32_BYTES;
  return logits + (headDevice?.pinnedHost?.extraBytes ?? 0);
}
