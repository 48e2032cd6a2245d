import type { FileHandle } from "node:fs/promises";
import { open, rename, rm } from "node:fs/promises";

import { QwqError } from "@qwq-fit/schema";

/**
 * Writes a file under `.partial` and gives it its name when `write` is done, so that a name stands
 * for a whole file. @throws QwqError `disk_full` where there is no room; what `write` throws.
 */
export async function writeWhole(
  file: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  try {
    const handle = await open(partial, "w");
    try {
      await write(handle);
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw diskFull(file, error) ?? error;
  }
}

/** Writes all of `bytes` at `position`. */
export async function writeAt(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const result = await handle.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

function diskFull(file: string, error: unknown): QwqError | null {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code !== "ENOSPC" && code !== "EFBIG" && code !== "EDQUOT") return null;
  return new QwqError("disk_full", `no room to write ${file}`, {
    cause: error,
    hint: "Free space there, or choose another directory.",
  });
}
