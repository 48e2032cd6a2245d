import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { ByteCache, ModelEnvironment, ModelPorts } from "../remote/ports.ts";
import { writeAt, writeWhole } from "./atomic-file.ts";
import { openFile } from "./open-file.ts";

/** Files of a directory as a {@link ByteCache}; one that cannot be read or written is as good as none. */
export function fileCache(directory: string): ByteCache {
  const fileOf = (key: string): string =>
    path.join(directory, createHash("sha256").update(key).digest("hex"));
  return {
    get: async (key) => {
      try {
        return await readFile(fileOf(key));
      } catch {
        return null;
      }
    },
    put: async (key, bytes) => {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeWhole(fileOf(key), (handle) => writeAt(handle, bytes, 0));
      } catch {
        // A full or read-only disk must not keep anyone from an answer.
      }
    },
  };
}

/** What `readModel` needs, of this machine: Node's fetch, its files, a cache in this directory. */
export function nodePorts(
  cacheDirectory: string,
  environment: ModelEnvironment = process.env,
): ModelPorts {
  return {
    fetch: (url, init) => fetch(url, init),
    sleep: (ms) => sleep(ms),
    cache: fileCache(cacheDirectory),
    environment,
    openFile,
  };
}
