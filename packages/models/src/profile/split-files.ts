import { QwqError } from "@qwq-fit/schema";

import type { GgufHeader, GgufTensor, GgufValue } from "../gguf/gguf-header.ts";

/** All files of a model as one. */
export interface JoinedFiles {
  /** Of the first file: the others repeat no hyperparameters. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  readonly fileBytes: number;
}

/**
 * Joins the files of a split model (keys `split.no`, `split.count`, `split.tensors.count`:
 * llama.cpp v0.5.0 src/llama-arch.cpp, LLM_KV_SPLIT_*), checked as the engine checks them.
 *
 * @throws QwqError `invalid_gguf` where one is missing, double, or of another model.
 */
export function joinSplits(headers: readonly GgufHeader[], location: string): JoinedFiles {
  const ordered = headers.toSorted((left, right) => splitNumber(left) - splitNumber(right));
  const first = ordered[0];
  if (first === undefined) throw splitFault(location, "no file was given");
  const count = splitKey(first, "split.count") ?? 1;
  if (ordered.length !== count) {
    throw splitFault(location, `${ordered.length} of its ${count} files were given`);
  }
  if (ordered.some((header, index) => splitNumber(header) !== index)) {
    throw splitFault(location, "its files are not of one model, or one was given twice");
  }
  const tensors = ordered.flatMap((header) => header.tensors);
  const stated = splitKey(first, "split.tensors.count");
  if (stated !== null && stated !== tensors.length) {
    throw splitFault(location, `its files hold ${tensors.length} tensors instead of ${stated}`);
  }
  if (new Set(tensors.map((tensor) => tensor.name)).size !== tensors.length) {
    throw splitFault(location, "a tensor stands in two of its files");
  }
  const fileBytes = ordered.reduce((sum, header) => sum + header.fileBytes, 0);
  return { metadata: first.metadata, tensors, fileBytes };
}

/**
 * Paths of all files of a split model, from the path of one: "name-00001-of-00003.gguf"
 * (src/llama.cpp, llama_split_path). One path for a file that is not split.
 */
export function splitSiblings(path: string): string[] {
  const match = /^(.*)-(\d{5})-of-(\d{5})(\.gguf)$/i.exec(path);
  const [stem, total, suffix] = [match?.[1], match?.[3], match?.[4]];
  if (stem === undefined || total === undefined || suffix === undefined) return [path];
  return Array.from(
    { length: Number(total) },
    (_, index) => `${stem}-${String(index + 1).padStart(5, "0")}-of-${total}${suffix}`,
  );
}

function splitNumber(header: GgufHeader): number {
  return splitKey(header, "split.no") ?? 0;
}

function splitKey(header: GgufHeader, key: string): number | null {
  const value = header.metadata.get(key);
  return typeof value === "number" ? value : null;
}

function splitFault(location: string, what: string): QwqError {
  return new QwqError("invalid_gguf", `${location}: ${what}`, {
    hint: "Put all files of the split model into one directory, under their own names.",
  });
}
