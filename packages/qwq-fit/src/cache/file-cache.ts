import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { MiB } from "@qwq-fit/schema";
import { writeAtomic } from "./write-atomic.ts";

/** Headers are some MiB each; this holds the last hundred or so. */
const MOST_BYTES: number = 512 * MiB;

/** Bytes kept between runs by a key of any text. What cannot be read or written is as if it were not there. */
export interface FileCache {
  get(key: string): Promise<Uint8Array | null>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

interface Kept {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

async function listKept(folder: string): Promise<Kept[]> {
  const names = await readdir(folder).catch(() => []);
  const kept = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => null);
      return found === null ? [] : [{ path, bytes: found.size, usedMs: found.mtimeMs }];
    }),
  );
  return kept.flat();
}

/** Drops the files that were not used for longest until the rest is small enough. */
async function shrink(folder: string, mostBytes: number): Promise<void> {
  let sum = 0;
  for (const { path, bytes } of (await listKept(folder)).toSorted((a, b) => b.usedMs - a.usedMs)) {
    sum += bytes;
    if (sum > mostBytes) await rm(path, { force: true });
  }
}

/** A cache in a folder, one file a key, the least used dropped above `mostBytes`. */
export function createFileCache(folder: string, mostBytes: number = MOST_BYTES): FileCache {
  const pathOf = (key: string): string =>
    join(folder, createHash("sha256").update(key).digest("hex"));
  return {
    get: async (key) => {
      const path = pathOf(key);
      const bytes = await readFile(path).catch(() => null);
      if (bytes === null) return null;
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return new Uint8Array(bytes);
    },
    put: async (key, bytes) => {
      await writeAtomic(pathOf(key), bytes).catch(() => {});
      await shrink(folder, mostBytes).catch(() => {});
    },
  };
}
