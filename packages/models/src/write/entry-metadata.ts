import type { ModelEntry } from "@qwq-fit/schema";

import { fileType } from "../ggml/file-types.ts";
import type { Metadata, MetadataValue } from "./gguf-encoder.ts";
import { fillerVocabulary, tokenizerMetadata } from "./vocabulary.ts";

/** Hyperparameters of ours that no GGUF key stands for. */
const OWN_KEYS: ReadonlySet<string> = new Set(["rope.frequency_factors"]);

/** Keys that hold fractions even where the value is whole: the engine refuses an integer there. */
const FRACTIONS: ReadonlySet<string> = new Set([
  "rope.freq_base",
  "rope.freq_base_swa",
  "rope.scaling.factor",
  "rope.scaling.yarn_log_multiplier",
  "attention.layer_norm_rms_epsilon",
  "expert_weights_scale",
  "attn_logit_softcapping",
  "final_logit_softcapping",
]);

/** All metadata that the engine asks for, of a file with this entry's shape. */
export function entryMetadata(entry: ModelEntry, quantization: string): Metadata {
  const hyperparameters = Object.entries(entry.hyperparameters)
    .filter(([key]) => !OWN_KEYS.has(key))
    .map(([key, value]) => [`${entry.architecture}.${key}`, typedValue(key, value)] as const);
  return [
    ["general.architecture", { type: "string", value: entry.architecture }],
    ["general.type", { type: "string", value: "model" }],
    ["general.name", { type: "string", value: entry.name }],
    ["general.file_type", { type: "uint32", value: fileType(quantization).id }],
    // llama.cpp v0.5.0 ggml/include/ggml.h, GGML_QNT_VERSION.
    ["general.quantization_version", { type: "uint32", value: 2 }],
    ...hyperparameters,
    [`${entry.architecture}.vocab_size`, { type: "uint32", value: entry.vocabularySize }],
    ...tokenizerMetadata(fillerVocabulary(entry.vocabularySize)),
  ];
}

function typedValue(
  key: string,
  value: number | boolean | string | readonly number[],
): MetadataValue {
  if (typeof value === "boolean") return { type: "bool", value };
  if (typeof value === "string") return { type: "string", value };
  if (typeof value === "object") return { type: "int32s", value };
  return { type: FRACTIONS.has(key) || !Number.isInteger(value) ? "float32" : "uint32", value };
}
