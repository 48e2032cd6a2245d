import { existsSync, statSync } from "node:fs";
import { modelFromEntry } from "@qwq-fit/models";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog, ModelEntry, ModelProfile } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { DEFAULT_MODEL, findModel } from "./find-model.ts";

/** Options of {@link readModel}. */
export interface ReadModelOptions {
  /** The catalogue to look in. @default the one that came with this package */
  readonly catalog?: Catalog;
  /** Only these quantizations of a catalogue model, e.g. `["Q4_K_M"]`. @default all */
  readonly quantizations?: readonly string[];
}

/** A model with the catalogue entry that it was made of; null for a file. */
export interface FoundModel {
  readonly profile: ModelProfile;
  readonly entry: ModelEntry | null;
}

/** Whether a name is meant as a file: it ends in .gguf, or begins as only a path does, or is there. */
function isFile(name: string): boolean {
  return (
    /\.gguf$/iu.test(name) ||
    /^(?:\.{1,2}[/\\]|[/\\~]|[a-z]:[/\\])/iu.test(name) ||
    existsSync(name)
  );
}

/** A folder, a pipe or a device would be read for ever, or not at all. */
function mustBeFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== false) return;
  throw new QwqError("file_not_found", `${path} is not a file`, {
    hint: "Name a GGUF file, or a model of the catalogue.",
  });
}

/** {@link readModel} with the entry beside the profile. */
export async function findAndReadModel(
  name: string,
  options: ReadModelOptions = {},
): Promise<FoundModel> {
  if (name.trim() === "") throw new QwqError("usage", "The model's name is empty");
  if (isFile(name)) {
    mustBeFile(name);
    const { readModelFile } = await import("@qwq-fit/models/node");
    return { profile: await readModelFile(name), entry: null };
  }
  const catalog = options.catalog ?? (await loadCatalog());
  const entry = findModel(name, catalog.models);
  const { quantizations } = options;
  const profile = modelFromEntry(entry, quantizations === undefined ? {} : { quantizations });
  return { profile, entry };
}

/**
 * A model, named anyhow, as a value that `planFit` takes: a name of the catalogue ("QwQ-32B", "qwen3-8b") or the path
 * of a GGUF file (the first of a split one is enough).
 *
 * @param name - @default "Qwen/QwQ-32B"
 * @throws {QwqError} `unknown_model`, `ambiguous_name`, `file_not_found`, `invalid_gguf`, `unsupported_model`.
 */
export async function readModel(
  name: string = DEFAULT_MODEL,
  options: ReadModelOptions = {},
): Promise<ModelProfile> {
  const { profile } = await findAndReadModel(name, options);
  return profile;
}
