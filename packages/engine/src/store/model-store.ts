import { mkdir, readFile, readdir, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomUUID } from "node:crypto";
import { QwqError } from "@qwq-fit/schema";
import { downloadFile } from "./download.ts";
import type { DownloadOptions, DownloadProgress } from "./download-types.ts";
import { takeLock } from "../lock/take-lock.ts";
import { findForeign } from "./foreign-stores.ts";
import type { ForeignPlaces } from "./foreign-stores.ts";
import { storePath } from "./model-source.ts";
import type { ModelSource, SourceFile } from "./model-source.ts";
import { PartialFile } from "./partial-file.ts";
import { DESCRIPTION_SUFFIX, isStoredModel } from "./stored-model.ts";
import type { StoredFile, StoredModel } from "./stored-model.ts";

export interface PullOptions extends Omit<DownloadOptions, "onProgress"> {
  readonly onProgress?: (progress: PullProgress) => void;
}

/** Of the file at work, and of all. */
export interface PullProgress extends DownloadProgress {
  readonly file: string;
  readonly fileIndex: number;
  readonly fileCount: number;
}

/** Models on this machine: pulled ones below one directory, and those that other programs keep. */
export class ModelStore {
  readonly #directory: string;
  readonly #places: ForeignPlaces | null;

  /** Without places of other programs, nothing of theirs is used. */
  constructor(directory: string, places: ForeignPlaces | null) {
    this.#directory = directory;
    this.#places = places;
  }

  /**
   * Brings a model here: what is here already is taken, also from other programs' stores, without copying; the rest is
   * downloaded. @throws QwqError as `downloadFile` does, and `invalid_value` for names that cannot be used.
   */
  async pull(source: ModelSource, options: PullOptions = {}): Promise<StoredModel> {
    const files: StoredFile[] = [];
    const { onProgress, ...rest } = options;
    for (const [fileIndex, file] of source.files.entries()) {
      const target = this.#target(source, file);
      const told =
        onProgress === undefined
          ? {}
          : {
              onProgress: (progress: DownloadProgress) =>
                onProgress({
                  ...progress,
                  file: file.path,
                  fileIndex,
                  fileCount: source.files.length,
                }),
            };
      // One file after the other, each with all connections.
      // oxlint-disable-next-line no-await-in-loop
      files.push(await this.#bring(source, file, target, { ...rest, ...told }));
    }
    const [first] = source.files;
    if (first === undefined) throw new QwqError("invalid_value", "The model has no files.");
    const model: StoredModel = {
      schemaVersion: 1,
      id: storePath(source, first).join("/"),
      reference: source.reference,
      repository: source.repository,
      quantization: source.quantization,
      license: source.license,
      files,
      pulledAt: new Date().toISOString(),
    };
    await this.#describe(model);
    return model;
  }

  /** The model that a reference was pulled as before, if its files are there still. */
  async find(reference: string): Promise<StoredModel | null> {
    for (const model of await this.list()) {
      if (model.reference !== reference && model.id !== reference) continue;
      // oxlint-disable-next-line no-await-in-loop
      if (await isWhole(model)) return model;
    }
    return null;
  }

  /** All that was pulled, newest first. */
  async list(): Promise<StoredModel[]> {
    const models: StoredModel[] = [];
    let entries;
    try {
      entries = await readdir(this.#directory, { withFileTypes: true, recursive: true });
    } catch {
      return [];
    }
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith(DESCRIPTION_SUFFIX)) continue;
      try {
        // oxlint-disable-next-line no-await-in-loop
        const text = await readFile(join(entry.parentPath, entry.name), "utf8");
        const value: unknown = JSON.parse(text);
        if (isStoredModel(value)) models.push(value);
      } catch {
        // One that cannot be read is none.
      }
    }
    return models.toSorted((a, b) => b.pulledAt.localeCompare(a.pulledAt));
  }

  /**
   * Removes a model and what is left of its downloads; files of other programs stay. Answers with the bytes that are free
   * again. @throws QwqError `unknown_model`, `locked` while it is being pulled.
   */
  async remove(id: string): Promise<number> {
    const model = (await this.list()).find((one) => one.id === id || one.reference === id);
    if (model === undefined) {
      throw new QwqError("unknown_model", `There is no ${id} here.`, { hint: "qwq-fit list" });
    }
    let freed = 0;
    for (const file of model.files) {
      if (file.foreign !== null) continue;
      // oxlint-disable no-await-in-loop
      const lock = await takeLock(`${file.path}.lock`, 0);
      try {
        freed += await sizeOf(file.path);
        await rm(file.path, { force: true });
        await PartialFile.discard(file.path);
      } finally {
        await lock.release();
      }
      // oxlint-enable no-await-in-loop
    }
    await rm(this.#descriptionOf(model), { force: true });
    await this.#pruneEmpty(dirname(this.#descriptionOf(model)));
    return freed;
  }

  async #bring(
    source: ModelSource,
    file: SourceFile,
    target: string,
    options: DownloadOptions,
  ): Promise<StoredFile> {
    const known = (await this.list())
      .flatMap(({ files }) => files)
      .find(({ path }) => path === target);
    // A file under its final name was verified when it got it.
    if (known !== undefined && (await sizeOf(target)) === known.bytes) {
      if (file.sha256 === null || file.sha256 === known.sha256) return known;
    }
    if (this.#places !== null) {
      const foreign = await findForeign(source, file, this.#places, options.signal);
      if (foreign !== null) return foreign;
    }
    const { bytes, sha256 } = await downloadFile(file, target, options);
    return { path: target, bytes, sha256, foreign: null };
  }

  async #describe(model: StoredModel): Promise<void> {
    const path = this.#descriptionOf(model);
    await mkdir(dirname(path), { recursive: true });
    const beside = `${path}.${randomUUID()}`;
    await writeFile(beside, JSON.stringify(model, null, 2));
    await rename(beside, path);
  }

  #target(source: ModelSource, file: SourceFile): string {
    return join(this.#directory, ...storePath(source, file));
  }

  #descriptionOf(model: StoredModel): string {
    return join(this.#directory, ...model.id.split("/")) + DESCRIPTION_SUFFIX;
  }

  async #pruneEmpty(folder: string): Promise<void> {
    if (folder === this.#directory || !folder.startsWith(this.#directory)) return;
    try {
      await rmdir(folder);
    } catch {
      return;
    }
    await this.#pruneEmpty(dirname(folder));
  }
}

async function isWhole(model: StoredModel): Promise<boolean> {
  const sizes = await Promise.all(model.files.map(({ path }) => sizeOf(path)));
  return sizes.every((size, index) => size === model.files[index]?.bytes);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
