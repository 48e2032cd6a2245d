import type { EngineSettings } from "../engine-settings.ts";
import type { MetadataOverride } from "./binding.ts";

/**
 * Metadata that makes llama.cpp stretch the context by YaRN: it reads scaling from these keys where the context's own
 * parameters leave it open, as the binding does (llama.cpp v0.5.0 src/llama-model.cpp, llama_model::load_hparams).
 */
export function yarnOverrides(
  architecture: string,
  yarn: EngineSettings["yarn"],
): readonly MetadataOverride[] {
  if (yarn === null) return [];
  const key = `${architecture}.rope.scaling`;
  return [
    [`${key}.type`, "yarn", null],
    [`${key}.factor`, yarn.factor, 1],
    [`${key}.original_context_length`, yarn.originalContextTokens, 0],
  ];
}
