import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import { hashFile } from "./hash-file.ts";
import type { ModelSource, SourceFile } from "./model-source.ts";
import type { StoredFile } from "./stored-model.ts";

/** Where other programs keep models. */
export interface ForeignPlaces {
  readonly huggingface: string;
  readonly lmStudio: readonly string[];
  readonly ollama: string;
}

/** The places as those programs find them (huggingface_hub, LM Studio, Ollama: their documented variables). */
export function foreignPlaces(
  home: string,
  environment: Readonly<Record<string, string | undefined>>,
): ForeignPlaces {
  const cache = environment["XDG_CACHE_HOME"] ?? join(home, ".cache");
  const hub = environment["HF_HOME"] ?? join(cache, "huggingface");
  return {
    huggingface: environment["HF_HUB_CACHE"] ?? join(hub, "hub"),
    lmStudio: [join(home, ".lmstudio", "models"), join(cache, "lm-studio", "models")],
    ollama: environment["OLLAMA_MODELS"] ?? join(home, ".ollama", "models"),
  };
}

/**
 * The file in another program's store, if it is there and is the same: of the listed length, and of the listed SHA-256,
 * which Hugging Face's cache and Ollama name their files by, and which is computed for LM Studio's. Null where it is not,
 * or where nobody can tell.
 */
export async function findForeign(
  source: ModelSource,
  file: SourceFile,
  places: ForeignPlaces,
  signal?: AbortSignal,
): Promise<StoredFile | null> {
  const { bytes, sha256 } = file;
  if (bytes === null || sha256 === null) return null;
  const found = (path: string, foreign: StoredFile["foreign"]): StoredFile => ({
    path,
    bytes,
    sha256,
    foreign,
  });
  const blob = join(places.ollama, "blobs", `sha256-${sha256}`);
  if (await isOfLength(blob, bytes)) return found(blob, "ollama");
  if (source.repository === null) return null;
  const cached = join(places.huggingface, `models--${source.repository.replaceAll("/", "--")}`);
  for (const revision of await names(join(cached, "snapshots"))) {
    const path = join(cached, "snapshots", revision, ...file.path.split("/"));
    // Each looks at one place.
    // oxlint-disable-next-line no-await-in-loop
    if ((await isOfLength(path, bytes)) && (await blobName(path)) === sha256) {
      return found(path, "huggingface");
    }
  }
  for (const place of places.lmStudio) {
    const path = join(place, ...source.repository.split("/"), basename(file.path));
    // oxlint-disable-next-line no-await-in-loop
    if ((await isOfLength(path, bytes)) && (await hashFile(path, null, signal)) === sha256) {
      return found(path, "lm-studio");
    }
  }
  return null;
}

/** A GGUF file in another program's store. */
export interface ForeignModel {
  readonly name: string;
  readonly file: StoredFile;
}

/** All GGUF files that other programs keep here. What cannot be read is left out. */
export async function listForeign(places: ForeignPlaces): Promise<ForeignModel[]> {
  const found: ForeignModel[] = [];
  for (const [place, foreign] of [
    [places.huggingface, "huggingface"],
    ...places.lmStudio.map((path) => [path, "lm-studio"] as const),
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    for (const path of await ggufFiles(place)) {
      const name = path
        .slice(place.length + 1)
        .split(sep)
        .join("/");
      // oxlint-disable-next-line no-await-in-loop
      const { size } = await stat(path);
      found.push({ name, file: { path, bytes: size, sha256: null, foreign } });
    }
  }
  return [...found, ...(await listOllama(places.ollama))];
}

/** Ollama's manifests name models; their layers name the files (ollama/ollama, manifest of a model). */
async function listOllama(place: string): Promise<ForeignModel[]> {
  const root = join(place, "manifests");
  const found: ForeignModel[] = [];
  for (const path of await files(root)) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      const manifest: unknown = JSON.parse(await readFile(path, "utf8"));
      const digest = modelDigest(manifest);
      if (digest === null) continue;
      const blob = join(place, "blobs", digest.replace(":", "-"));
      // oxlint-disable-next-line no-await-in-loop
      const { size } = await stat(blob);
      const [, ...parts] = path.slice(root.length + 1).split(sep);
      const tag = parts.pop() ?? "";
      const name = `${parts.join("/").replace(/^library\//u, "")}:${tag}`;
      const sha256 = digest.slice("sha256:".length);
      found.push({ name, file: { path: blob, bytes: size, sha256, foreign: "ollama" } });
    } catch {
      // Half a model, or a manifest of another kind.
    }
  }
  return found;
}

function modelDigest(manifest: unknown): string | null {
  if (typeof manifest !== "object" || manifest === null || !("layers" in manifest)) return null;
  const layers: unknown[] = Array.isArray(manifest.layers) ? manifest.layers : [];
  for (const layer of layers) {
    if (typeof layer !== "object" || layer === null) continue;
    if (!("mediaType" in layer) || layer.mediaType !== "application/vnd.ollama.image.model")
      continue;
    if ("digest" in layer && /^sha256:[0-9a-f]{64}$/u.test(String(layer.digest))) {
      return String(layer.digest);
    }
  }
  return null;
}

async function ggufFiles(place: string): Promise<string[]> {
  return (await files(place)).filter((path) => path.toLowerCase().endsWith(".gguf"));
}

/** All files below a directory, links to files included. */
async function files(place: string): Promise<string[]> {
  try {
    const entries = await readdir(place, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

async function names(place: string): Promise<string[]> {
  try {
    return await readdir(place);
  } catch {
    return [];
  }
}

async function isOfLength(path: string, bytes: number): Promise<boolean> {
  try {
    const { size } = await stat(path);
    return size === bytes;
  } catch {
    return false;
  }
}

/** Hugging Face's cache links names to blobs that are named by their hash. */
async function blobName(path: string): Promise<string | null> {
  try {
    return basename(await realpath(path));
  } catch (error) {
    throw new QwqError("file_not_found", "A file of the cache vanished.", { cause: error });
  }
}
