import { open, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";

import { MiB, QwqError } from "@qwq-fit/schema";

/** What a sparse file needs to know of the volume that it is written to. */
export interface Volume {
  /** Whether a hole in a file takes no room there. */
  readonly holes: boolean;
  readonly freeBytes: number;
}

/** Files below this size are written without asking: the answer would cost as much. */
const SMALL_BYTES: number = 64 * MiB;
/** Of the file that is made to find out: well above any file system's cluster. */
const TRIAL_BYTES: number = 4 * MiB;
/** POSIX: st_blocks counts units of 512 bytes. */
const STAT_BLOCK_BYTES = 512;

/**
 * Sees that a file with holes may be written: where the file system knows none (exFAT, some network
 * shares), it takes its whole size. @throws QwqError `disk_full` where that is more than is free.
 */
export async function checkRoom(
  file: string,
  bytes: number,
  probe: (directory: string) => Promise<Volume> = probeVolume,
): Promise<void> {
  if (bytes < SMALL_BYTES) return;
  const volume = await probe(path.dirname(path.resolve(file)));
  if (volume.holes || volume.freeBytes >= bytes) return;
  throw new QwqError(
    "disk_full",
    `${file} would take ${bytes} bytes where ${volume.freeBytes} are free: its file system knows no holes`,
    {
      hint: "Choose a directory on a file system with sparse files, such as ext4, XFS, APFS or Btrfs.",
      details: { bytes, freeBytes: volume.freeBytes },
    },
  );
}

/** Finds out by a small file whether holes take room here. */
export async function probeVolume(directory: string): Promise<Volume> {
  const trial = path.join(directory, `.holes-${process.pid}-${Math.trunc(performance.now())}`);
  try {
    const handle = await open(trial, "w");
    try {
      await handle.truncate(TRIAL_BYTES);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const { blocks } = await stat(trial);
    const { bavail, bsize } = await statfs(directory);
    return { holes: blocks * STAT_BLOCK_BYTES < TRIAL_BYTES / 2, freeBytes: bavail * bsize };
  } finally {
    await rm(trial, { force: true });
  }
}
