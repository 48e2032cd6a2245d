import type { ModelProfile, TensorInfo, WeightsVariant } from "@qwq-fit/schema";

import { QUANTIZATIONS } from "../ggml/file-types.ts";
import { tensorBytes, tensorType } from "../ggml/tensor-types.ts";
import { readGgufHeader } from "../gguf/read-header.ts";
import type { MixPlan } from "../layout/mix-types.ts";
import { mixTypes, planMix } from "../layout/mix-types.ts";
import { modelFacts } from "../layout/model-facts.ts";
import { modelFromGguf } from "../profile/from-gguf.ts";
import type { GgufFile } from "./gguf-files.ts";
import { chooseGguf, ggufFiles, projectorFile } from "./gguf-files.ts";
import type { Repository } from "./hub.ts";
import { repositoryLocation } from "./hub.ts";
import type { ModelPorts } from "./ports.ts";
import { openRemote } from "./range-source.ts";

/** Which of a repository's files is meant; null for the usual one and all others beside it. */
export interface WantedFile {
  readonly quantization: string | null;
  readonly file: string | null;
}

/** A mix computed by the rules stands for a listed file where their sizes differ by less than this share. */
const SIZE_TOLERANCE = 0.01;

/**
 * A repository with GGUF files: the header of the wanted file is read; where none was named, the
 * others come as variants of the same tensors, their types by llama.cpp's mixing rules where those
 * agree with the listed size. Mixes of other makers need their own header: name them to have it read.
 *
 * @throws QwqError `unknown_model` where the wanted file is not there; as reading a header does.
 */
export async function readGgufRepository(
  ports: ModelPorts,
  repository: Repository,
  wanted: WantedFile,
): Promise<ModelProfile> {
  const found = ggufFiles(repository.files);
  const chosen = chooseGguf(repository.name, found, wanted);
  const headers = [];
  for (const file of chosen.files) {
    headers.push(await readGgufHeader(await openRemote(ports, repository.locate(file.path))));
  }
  const at = repositoryLocation(repository);
  const model = modelFromGguf(headers, at);
  const [read] = model.weights;
  if (read === undefined) return model;
  const { variants, unread } =
    wanted.quantization === null && wanted.file === null
      ? otherVariants(
          model,
          read,
          found.filter((gguf) => gguf !== chosen),
          at,
        )
      : { variants: [], unread: [] };
  const projector = projectorFile(repository.files);
  return {
    ...model,
    id: repository.name,
    projector:
      projector === null ? null : { bytes: projector.bytes, location: `${at}/${projector.path}` },
    weights: [
      {
        ...read,
        quantization: namedQuantization(chosen, read),
        location: locationOf(at, chosen, wanted),
        sha256: onlyHash(chosen),
      },
      ...variants,
    ],
    warnings: [
      ...model.warnings,
      ...(unread.length === 0
        ? []
        : [
            `Not weighed, for want of their headers: ${unread.join(", ")}. Name one to have it read.`,
          ]),
    ],
  };
}

/** A repository's own name for a mix ("UD-Q4_K_XL") tells more than the file's type. */
function namedQuantization(chosen: GgufFile, read: WeightsVariant): string {
  return chosen.quantization.startsWith("UD-") ? chosen.quantization : read.quantization;
}

function locationOf(at: string, chosen: GgufFile, wanted: WantedFile): string {
  return wanted.file === null ? `${at}:${chosen.quantization}` : `${at}/${wanted.file}`;
}

function onlyHash(gguf: GgufFile): string | null {
  return gguf.files.length === 1 ? (gguf.files[0]?.sha256 ?? null) : null;
}

function otherVariants(
  model: ModelProfile,
  read: WeightsVariant,
  others: readonly GgufFile[],
  at: string,
): { readonly variants: WeightsVariant[]; readonly unread: string[] } {
  const plan = planMix(read.tensors);
  const variants: WeightsVariant[] = [];
  const unread: string[] = [];
  for (const gguf of others) {
    const mixed = mixedLike(model, plan, gguf);
    if (mixed === null) {
      unread.push(gguf.quantization);
      continue;
    }
    variants.push({
      format: "gguf",
      quantization: gguf.quantization,
      imatrix: mixed.imatrix,
      tensorBytes: mixed.bytes,
      fileBytes: gguf.bytes,
      sizeSource: "published",
      location: `${at}:${gguf.quantization}`,
      sha256: onlyHash(gguf),
      tensors: mixed.tensors,
    });
  }
  return { variants, unread };
}

interface MixedTensors {
  readonly imatrix: boolean;
  readonly bytes: number;
  readonly tensors: readonly TensorInfo[];
}

/** The tensors of a listed file, with or without an importance matrix, whichever comes nearer to its size. */
function mixedLike(model: ModelProfile, plan: MixPlan, gguf: GgufFile): MixedTensors | null {
  if (!QUANTIZATIONS.includes(gguf.quantization)) return null;
  const facts = modelFacts(model.architecture, model.hyperparameters);
  const [nearest] = [true, false]
    .map((imatrix) =>
      retyped(plan, mixTypes(plan, gguf.quantization, { ...facts, imatrix }), imatrix),
    )
    .toSorted((left, right) => miss(left, gguf) - miss(right, gguf));
  return nearest !== undefined && miss(nearest, gguf) < SIZE_TOLERANCE ? nearest : null;
}

/** Header and tokenizer: 16 MiB with the largest vocabularies. */
const HEADER_BYTES = 16 * 1024 * 1024;

/** The share by which a file's listed size is off the computed one; room for a header is none. */
function miss(mixed: MixedTensors, gguf: GgufFile): number {
  const over = gguf.bytes - mixed.bytes;
  if (over >= 0 && over <= HEADER_BYTES) return 0;
  return Math.abs(over) / gguf.bytes;
}

function retyped(plan: MixPlan, types: readonly string[], imatrix: boolean): MixedTensors {
  const tensors = plan.tensors.map((tensor, index) => {
    const type = tensorType(types[index] ?? "F32");
    const bytes = tensorBytes(tensor.shape, type);
    return { name: tensor.name, shape: tensor.shape, type: type.name, bytes };
  });
  return { imatrix, tensors, bytes: tensors.reduce((sum, tensor) => sum + tensor.bytes, 0) };
}
