import { existsSync, statSync } from "node:fs";
import { modelFromEntry } from "@qwq-fit/models";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog, ModelEntry, ModelProfile } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { DEFAULT_MODEL, findModel } from "./find-model.ts";
import { isRemote } from "./is-remote.ts";

/** Options of {@link readModel}. */
export interface ReadModelOptions {
  /** The catalogue to look in. @default the one that came with this package */
  readonly catalog?: Catalog;
  /** Only these quantizations of a catalogue model, e.g. `["Q4_K_M"]`. @default all */
  readonly quantizations?: readonly string[];
  /** Where HF_ENDPOINT, HF_TOKEN and the like are looked for, and the cache. @default that of this process */
  readonly environment?: Readonly<Record<string, string | undefined>>;
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

/** A catalogue model, or null where no such name is known and it may be a repository's ("org/repo"). */
function lookUp(name: string, models: readonly ModelEntry[]): ModelEntry | null {
  try {
    return findModel(name, models);
  } catch (error) {
    if (QwqError.is(error, "unknown_model") && name.includes("/")) return null;
    throw error;
  }
}

/** "qwen3-8b:Q8_0": the name, and the quantization behind it. */
function splitQuantization(name: string): [name: string, quantization: string | null] {
  const [, base, quantization] = /^([^:]+):([A-Za-z0-9_]+)$/u.exec(name) ?? [];
  return [base ?? name, quantization?.toUpperCase() ?? null];
}

/** {@link readModel} with the entry beside the profile. */
export async function findAndReadModel(
  name: string,
  options: ReadModelOptions = {},
): Promise<FoundModel> {
  if (name.trim() === "") throw new QwqError("usage", "The model's name is empty");
  const { environment = process.env } = options;
  const remote = async (): Promise<FoundModel> => {
    const { readRemote } = await import("./read-remote.ts");
    return { profile: await readRemote(name, environment), entry: null };
  };
  if (isRemote(name)) return remote();
  if (isFile(name)) {
    mustBeFile(name);
    const { readModelFile } = await import("@qwq-fit/models/node");
    return { profile: await readModelFile(name), entry: null };
  }
  const catalog = options.catalog ?? (await loadCatalog(environment));
  const [base, quantization] = splitQuantization(name);
  const entry = lookUp(base, catalog.models);
  if (entry === null) return remote();
  const quantizations = quantization === null ? options.quantizations : [quantization];
  const profile = modelFromEntry(entry, quantizations === undefined ? {} : { quantizations });
  if (profile.weights.length === 0 && quantization !== null) {
    throw new QwqError("invalid_value", `${entry.name} has no quantization ${quantization}`);
  }
  return { profile, entry };
}

/**
 * A model, named anyhow, as a value that `planFit` takes: a name of the catalogue ("QwQ-32B", "qwen3-8b:Q8_0"), the path
 * of a GGUF file (the first of a split one is enough), a repository ("hf:org/repo:Q4_K_M", "modelscope:org/repo",
 * "org/repo"), or the address of a GGUF file. Of what is far away, only headers are read, and kept.
 *
 * @param name - @default "Qwen/QwQ-32B"
 * @throws {QwqError} `unknown_model`, `ambiguous_name`, `file_not_found`, `invalid_gguf`, `unsupported_model`, `network`,
 *   `timeout`, `unauthorized`, `forbidden`, `rate_limited`, `upstream_error`, `protocol_error`.
 */
export async function readModel(
  name: string = DEFAULT_MODEL,
  options: ReadModelOptions = {},
): Promise<ModelProfile> {
  const { profile } = await findAndReadModel(name, options);
  return profile;
}
