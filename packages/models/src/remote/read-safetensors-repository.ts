import type { ModelProfile, TensorInfo, WeightsVariant } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import { planTensors, PLANNED_ARCHITECTURES } from "../layout/plan-tensors.ts";
import { cacheWarnings } from "../profile/block-caches.ts";
import { countParameters } from "../profile/count-parameters.ts";
import { familyOf } from "../profile/family.ts";
import { modelShape } from "../profile/model-shape.ts";
import { templateThinking } from "../profile/thinking.ts";
import type { ConfigShape } from "./config-shape.ts";
import { shapeOfConfig } from "./config-shape.ts";
import { fetchDocument, fetchOptional } from "./documents.ts";
import type { HubFile, Repository } from "./hub.ts";
import { repositoryLocation } from "./hub.ts";
import { fieldsOf, numberField, textField } from "./json-value.ts";
import type { ModelPorts } from "./ports.ts";
import { openRemote } from "./range-source.ts";
import { readSafetensorsHeader } from "./safetensors.ts";
import type { StoredFormat } from "./stored-format.ts";
import { storedFormat } from "./stored-format.ts";

/** Headers of so many files are read; of larger repositories the listed sizes must do (DeepSeek-R1 has 163). */
const READ_FILES = 48;

/**
 * A repository without GGUF files, by its `config.json` and the headers of its safetensors: for
 * vLLM, SGLang, MLX and the NPU engines.
 *
 * @throws QwqError `unsupported_model` where it holds neither.
 */
export async function readSafetensorsRepository(
  ports: ModelPorts,
  repository: Repository,
): Promise<ModelProfile> {
  const files = weightFiles(repository.files);
  const hasConfig = repository.files.some((file) => file.path === "config.json");
  const config = hasConfig
    ? (await fetchDocument(ports, repository.locate("config.json"))).value
    : null;
  const shape = shapeOfConfig(config);
  if (shape === null || files.length === 0) {
    throw new QwqError("unsupported_model", `${repository.name} holds no language model`, {
      hint: "It has neither GGUF files, nor a config.json with safetensors beside it.",
    });
  }
  const format = storedFormat(config);
  const tensors = await readTensors(ports, repository, files, format);
  const sum = modelShape(shape.architecture, shape.hyperparameters);
  const counted = countedParameters(shape, sum, tensors, files, format);
  const name = repository.name.split("/").at(-1) ?? repository.name;
  return {
    schemaVersion: 1,
    id: repository.name,
    name,
    family: familyOf(name, shape.architecture),
    architecture: shape.architecture,
    ...sum,
    parameters: counted.all,
    activeParameters: counted.active,
    vocabularySize: shape.vocabularySize,
    tiedEmbeddings: shape.tiedEmbeddings,
    extendedContextTokens: null,
    projector: null,
    thinks: templateThinking(
      textField(await optional(ports, repository, "tokenizer_config.json"), "chat_template") ?? "",
      name,
      shape.architecture,
    ),
    sampling: samplingOf(await optional(ports, repository, "generation_config.json")),
    license: null,
    released: null,
    weights: [variantOf(repository, format, tensors, files)],
    sources: [repositoryLocation(repository)],
    warnings: [
      ...cacheWarnings(shape.architecture),
      ...(shape.known ? [] : [`"${shape.architecture}" is not known: taken for plain attention.`]),
      ...(tensors.length === 0
        ? [`Sizes are those of ${files.length} files as listed; their tensors were not read.`]
        : []),
    ],
  };
}

/** Weights at the repository's root, without the second copies that some makers add. */
function weightFiles(files: readonly HubFile[]): HubFile[] {
  return files.filter(
    (file) => /^[^/]+\.safetensors$/.test(file.path) && !file.path.startsWith("consolidated"),
  );
}

async function readTensors(
  ports: ModelPorts,
  repository: Repository,
  files: readonly HubFile[],
  format: StoredFormat,
): Promise<TensorInfo[]> {
  if (files.length > READ_FILES) return [];
  const tensors: TensorInfo[] = [];
  for (const file of files) {
    const source = await openRemote(ports, repository.locate(file.path));
    tensors.push(...(await readSafetensorsHeader(source)));
  }
  return tensors.map((tensor) => ({ ...tensor, type: typeName(tensor.type, format) }));
}

/** "FP8" for both of its encodings; packed integers by what packed them. */
function typeName(type: string, format: StoredFormat): string {
  if (type.startsWith("F8_E")) return "FP8";
  const isPacked = type === "I32" || type === "U32";
  return isPacked && format.packedType !== null ? format.packedType : type;
}

function variantOf(
  repository: Repository,
  format: StoredFormat,
  tensors: readonly TensorInfo[],
  files: readonly HubFile[],
): WeightsVariant {
  const fileBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const read = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return {
    format: format.format,
    quantization: format.quantization,
    imatrix: null,
    tensorBytes: tensors.length === 0 ? fileBytes : read,
    fileBytes,
    sizeSource: tensors.length === 0 ? "published" : "read",
    location: repositoryLocation(repository),
    sha256: null,
    tensors,
  };
}

/** From the layout where it is known, else from the tensors, else from bytes and bits. */
function countedParameters(
  shape: ConfigShape,
  sum: Pick<ModelProfile, "blocks" | "experts">,
  tensors: readonly TensorInfo[],
  files: readonly HubFile[],
  format: StoredFormat,
): { readonly all: number; readonly active: number } {
  if (PLANNED_ARCHITECTURES.includes(shape.architecture)) {
    const planned = planTensors(shape).map((tensor) => ({ ...tensor, type: "", bytes: 0 }));
    return countParameters(planned, sum.blocks.length, sum.experts);
  }
  if (format.packedType === null && tensors.length > 0) {
    return countParameters(tensors, sum.blocks.length, null);
  }
  const bytes = files.reduce((total, file) => total + file.bytes, 0);
  const all = Math.round((bytes * 8) / format.bitsPerWeight);
  return { all, active: all };
}

async function optional(ports: ModelPorts, repository: Repository, path: string): Promise<unknown> {
  const listed = repository.files.some((file) => file.path === path);
  return listed ? fetchOptional(ports, repository.locate(path)) : null;
}

/** transformers' generation_config.json. */
function samplingOf(value: unknown): ModelProfile["sampling"] {
  const pairs = [
    ["temperature", numberField(value, "temperature")],
    ["topP", numberField(value, "top_p")],
    ["topK", numberField(value, "top_k")],
    ["minP", numberField(value, "min_p")],
    ["repeatPenalty", numberField(value, "repetition_penalty")],
  ] as const;
  if (fieldsOf(value)["do_sample"] === false) return {};
  return Object.fromEntries(pairs.filter(([, number]) => number !== null));
}
