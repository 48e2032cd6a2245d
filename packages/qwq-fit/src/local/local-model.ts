import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { locateModel } from "@qwq-fit/models";
import type { LocatedModel } from "@qwq-fit/models";
import { nodePorts, readModelFile } from "@qwq-fit/models/node";
import type { ModelSource, StoredModel } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog, ModelEntry, ModelProfile, WeightsVariant } from "@qwq-fit/schema";
import { cacheFolder } from "../cache/cache-folder.ts";
import { findModel } from "../model/find-model.ts";
import { isRemote } from "../model/is-remote.ts";
import { storeOf } from "./local-places.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A model whose file is on this machine. */
export interface LocalModel {
  /** What clients call it. */
  readonly id: string;
  readonly path: string;
  /** Read from the file itself. */
  readonly profile: ModelProfile;
  readonly variant: WeightsVariant;
  /** The catalogue's, where it knows the model: sampling, licence and names come from there. */
  readonly entry: ModelEntry | null;
}

/** Where a named model is, or could be had. */
export type ModelPlace =
  | { readonly kind: "here"; readonly model: LocalModel }
  /** On a hub or at an address; to be pulled. */
  | { readonly kind: "remote"; readonly reference: string }
  /** In the catalogue: the plan says which quantization. */
  | {
      readonly kind: "catalogue";
      readonly entry: ModelEntry;
      readonly quantization: string | null;
    };

/** "qwen3-8b:Q8_0": the name, and the quantization behind it. */
function splitName(name: string): readonly [base: string, quantization: string | null] {
  const [, base, quantization] = /^([^:]+):([A-Za-z0-9_]+)$/u.exec(name) ?? [];
  return [base ?? name, quantization?.toUpperCase() ?? null];
}

function entryOf(name: string, catalog: Catalog): ModelEntry | null {
  try {
    return findModel(name, catalog.models);
  } catch (error) {
    if (QwqError.is(error, "unknown_model") || QwqError.is(error, "ambiguous_name")) return null;
    throw error;
  }
}

function isPath(name: string): boolean {
  return /\.gguf$/iu.test(name) || /^(?:\.{1,2}[/\\]|[/\\~]|[a-z]:[/\\])/iu.test(name);
}

/**
 * Finds what a person named: a file, a model that was pulled, one on a hub, one of the catalogue. Nothing is downloaded
 * and nothing asked of the network.
 *
 * @throws {QwqError} `file_not_found`, `invalid_gguf`, `unsupported_model`, `unknown_model`, `ambiguous_name`.
 */
export async function findPlace(
  name: string,
  told: string | undefined,
  catalog: Catalog,
  environment: Environment,
): Promise<ModelPlace> {
  const stored = await storeOf(environment).find(name);
  if (stored !== null) return { kind: "here", model: await storedModel(stored, catalog) };
  if (isRemote(name)) {
    const named = told === undefined || /:[A-Za-z0-9_.-]+$/u.test(name.replace(/^[a-z]+:/iu, ""));
    return { kind: "remote", reference: named ? name : `${name}:${told}` };
  }
  if (isPath(name) || existsSync(name)) {
    return { kind: "here", model: await openLocal(name, basename(name), catalog) };
  }
  const [base, behind] = splitName(name);
  const quantization = told?.toUpperCase() ?? behind;
  const entry = name.includes("/") ? entryOf(base, catalog) : findModel(base, catalog.models);
  if (entry === null) return { kind: "remote", reference: name };
  const pulled = (await storeOf(environment).list()).find(
    (model) =>
      model.repository !== null &&
      entry.repositories.gguf.includes(model.repository) &&
      (quantization === null || model.quantization === quantization),
  );
  const whole = pulled === undefined ? null : await storeOf(environment).find(pulled.id);
  if (whole !== null) return { kind: "here", model: await storedModel(whole, catalog, entry) };
  return { kind: "catalogue", entry, quantization };
}

/**
 * What the catalogue knows better than the file: the id, under which measurements are kept, and the context. Files name the
 * context that a model was trained for, or the one that its card reaches by YaRN, and do not say which of the two.
 */
function localModel(model: LocalModel): LocalModel {
  const { profile, entry } = model;
  if (entry === null) return model;
  const reached = Math.max(profile.contextTokens, entry.extendedContextTokens ?? 0);
  const contextTokens = Math.min(profile.contextTokens, entry.contextTokens);
  const extended = reached > contextTokens ? reached : null;
  return {
    ...model,
    profile: { ...profile, id: entry.id, contextTokens, extendedContextTokens: extended },
  };
}

/** A file of this machine as a model. */
async function openLocal(path: string, name: string, catalog: Catalog): Promise<LocalModel> {
  const profile = await readModelFile(path);
  const [variant] = profile.weights;
  if (variant === undefined) throw new QwqError("invalid_gguf", `${path} holds no weights`);
  const id = name.replace(/(?:-\d{5}-of-\d{5})?\.gguf$/iu, "");
  return localModel({ id, path, profile, variant, entry: entryOf(profile.name, catalog) });
}

/** A pulled model, opened. */
export async function storedModel(
  stored: StoredModel,
  catalog: Catalog,
  known: ModelEntry | null = null,
): Promise<LocalModel> {
  const [file] = stored.files;
  if (file === undefined) throw new QwqError("internal", "a model without files");
  const local = await openLocal(file.path, basename(stored.id), catalog);
  const { repository } = stored;
  const entry = known ?? (repository === null ? local.entry : entryOf(repository, catalog));
  return localModel({
    ...local,
    id: entry?.id ?? repository ?? local.id,
    entry,
    variant: { ...local.variant, sha256: stored.files.length === 1 ? file.sha256 : null },
  });
}

/** Where the files of a catalogue model or a reference can be fetched; the catalogue's repositories in their order. */
export async function sourceOf(
  references: readonly string[],
  environment: Environment,
): Promise<ModelSource> {
  const ports = nodePorts(join(cacheFolder(environment), "headers"), environment);
  let missing: unknown = new QwqError(
    "unknown_model",
    "no repository of GGUF files is known for it",
  );
  for (const reference of references) {
    try {
      // The next is asked only where this one has it not.
      // oxlint-disable-next-line no-await-in-loop
      return toSource(reference, await locateModel(reference, ports));
    } catch (error) {
      if (!QwqError.is(error, "unknown_model")) throw error;
      missing = error;
    }
  }
  throw missing;
}

function toSource(reference: string, located: LocatedModel): ModelSource {
  return {
    reference,
    hub: located.hub,
    repository: located.repository,
    quantization: located.quantization,
    license: null,
    files: located.files.map(({ token, ...file }) => ({
      ...file,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })),
  };
}
