import type { ModelProfile, WeightsVariant } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import type { GgufHeader, GgufValue } from "../gguf/gguf-header.ts";
import { modelFacts } from "../layout/model-facts.ts";
import { countParameters } from "./count-parameters.ts";
import { cacheWarnings } from "./block-caches.ts";
import { familyOf } from "./family.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import { modelShape } from "./model-shape.ts";
import { quantizationOf } from "./quantization-name.ts";
import { joinSplits } from "./split-files.ts";
import { thinkingOf } from "./thinking.ts";

/**
 * The model in a GGUF file, or in all files of a split one (in any order), as a profile with one
 * variant of weights, `sizeSource: "read"`.
 *
 * @throws QwqError `unsupported_model` for a file that is no language model, `invalid_gguf` for
 *   splits that do not belong together.
 */
export function modelFromGguf(headers: readonly GgufHeader[], location: string): ModelProfile {
  const { metadata, tensors, fileBytes } = joinSplits(headers, location);
  const architecture = architectureOf(metadata, location);
  const values = hyperparametersOf(metadata, architecture);
  const shape = modelShape(architecture, values);
  const counted = countParameters(tensors, shape.blocks.length, shape.experts);
  const embedding = tensors.find((tensor) => tensor.name === "token_embd.weight");
  const name = textOf(metadata, "general.name") ?? fileStem(location);
  const quantization = quantizationOf(metadata, tensors, modelFacts(architecture, values));
  const variant: WeightsVariant = {
    format: "gguf",
    quantization: quantization.name,
    imatrix: quantization.imatrix,
    tensorBytes: tensors.reduce((sum, tensor) => sum + tensor.bytes, 0),
    fileBytes,
    sizeSource: "read",
    location,
    sha256: null,
    tensors: tensors.map(({ name: tensorName, shape: sides, type, bytes }) => ({
      name: tensorName,
      shape: sides,
      type,
      bytes,
    })),
  };
  return {
    schemaVersion: 1,
    id: location,
    name,
    family: familyOf(name, architecture),
    architecture,
    ...shape,
    parameters: counted.all,
    activeParameters: counted.active,
    vocabularySize: embedding?.shape[1] ?? 0,
    tiedEmbeddings: !tensors.some((tensor) => tensor.name === "output.weight"),
    extendedContextTokens: null,
    projector: null,
    ...thinkingOf(metadata, name, architecture),
    license: textOf(metadata, "general.license"),
    released: null,
    weights: [variant],
    sources: [location],
    warnings: [...quantization.warnings, ...cacheWarnings(architecture)],
  };
}

function architectureOf(metadata: ReadonlyMap<string, GgufValue>, location: string): string {
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string") {
    throw new QwqError("unsupported_model", `${location} does not say what architecture it is of`, {
      hint: "It lacks general.architecture; convert the model again with a present llama.cpp.",
    });
  }
  if (architecture === "clip") {
    throw new QwqError("unsupported_model", `${location} is a multimodal projector, not a model`, {
      hint: "Give the model's own file; the projector is found beside it.",
    });
  }
  return architecture;
}

/** Keys of the architecture without its prefix; long arrays are left out. */
function hyperparametersOf(
  metadata: ReadonlyMap<string, GgufValue>,
  architecture: string,
): Hyperparameters {
  const values: Record<string, number | boolean | string | readonly number[]> = {};
  const prefix = `${architecture}.`;
  for (const [key, value] of metadata) {
    if (!key.startsWith(prefix)) continue;
    const plain = plainValue(value);
    if (plain !== null) values[key.slice(prefix.length)] = plain;
  }
  return values;
}

function plainValue(value: GgufValue): number | boolean | string | readonly number[] | null {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object") return value;
  if (value.values === null || value.elementType === "string") return null;
  return value.values.map(Number);
}

function textOf(metadata: ReadonlyMap<string, GgufValue>, key: string): string | null {
  const value = metadata.get(key);
  return typeof value === "string" && value !== "" ? value : null;
}

function fileStem(location: string): string {
  const last = location.split(/[/\\]/).at(-1) ?? location;
  return last.replace(/\.gguf$/i, "");
}
