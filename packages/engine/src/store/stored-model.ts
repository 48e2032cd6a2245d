/** A file of a model that is here. */
export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | null;
  /** It lies in another program's store, and is not ours to remove. */
  readonly foreign: "huggingface" | "lm-studio" | "ollama" | null;
}

/** A model that was pulled; written beside its first file. */
export interface StoredModel {
  readonly schemaVersion: 1;
  /** Below the store's directory, with "/": what `rm` takes. */
  readonly id: string;
  readonly reference: string;
  readonly repository: string | null;
  readonly quantization: string | null;
  readonly license: string | null;
  readonly files: readonly StoredFile[];
  readonly pulledAt: string;
}

/** What its description is named behind the first file's name. */
export const DESCRIPTION_SUFFIX = ".qwq-fit.json";

export function isStoredModel(value: unknown): value is StoredModel {
  if (typeof value !== "object" || value === null) return false;
  return (
    "schemaVersion" in value &&
    value.schemaVersion === 1 &&
    "id" in value &&
    typeof value.id === "string" &&
    "files" in value &&
    Array.isArray(value.files) &&
    value.files.length > 0
  );
}
