import { mkdir, open, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { QwqError } from "@qwq-fit/schema";

/** What is known of a file that is there in parts; written beside it. */
export interface PartialState {
  readonly schemaVersion: 1;
  readonly url: string;
  readonly bytes: number;
  readonly etag: string | null;
  readonly pieceBytes: number;
  /** Indices of the pieces that are whole. */
  readonly done: readonly number[];
}

/** Left free on the disk beside the file itself. */
const DISK_MARGIN_BYTES = 64 * 1024 * 1024;

/** A file that grows in pieces, in any order, and survives the death of its process between any two of them. */
export class PartialFile {
  readonly state: PartialState;
  readonly #handle: FileHandle;
  readonly #statePath: string;
  readonly #done: Set<number>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, statePath: string, state: PartialState) {
    this.#handle = handle;
    this.#statePath = statePath;
    this.state = state;
    this.#done = new Set(state.done);
  }

  /** What an earlier try left, or null. */
  static async known(target: string): Promise<PartialState | null> {
    try {
      const value: unknown = JSON.parse(await readFile(`${target}.partial.json`, "utf8"));
      return isState(value) ? value : null;
    } catch {
      return null;
    }
  }

  /** Opens the parts of `target` for writing. @throws QwqError `disk_full`. */
  static async open(target: string, state: PartialState): Promise<PartialFile> {
    const path = `${target}.partial`;
    await mkdir(dirname(target), { recursive: true });
    const missing = state.bytes - heldBytes(state);
    const { bavail, bsize } = await statfs(dirname(target));
    if (missing + DISK_MARGIN_BYTES > bavail * bsize) throw diskFull(missing, bavail * bsize);
    // "a" makes it where it is not there, and keeps it where it is.
    await (await open(path, "a")).close();
    const handle = await open(path, "r+");
    const { size } = await handle.stat();
    if (size !== state.bytes) {
      // Without its full length the file is not what its state says: begin anew.
      await handle.truncate(0);
      await handle.truncate(state.bytes);
    }
    const kept = size === state.bytes ? state : { ...state, done: [] };
    const file = new PartialFile(handle, `${target}.partial.json`, kept);
    await file.#save();
    return file;
  }

  static async discard(target: string): Promise<void> {
    await rm(`${target}.partial.json`, { force: true });
    await rm(`${target}.partial`, { force: true });
  }

  get missing(): number[] {
    const count = Math.ceil(this.state.bytes / this.state.pieceBytes);
    return Array.from({ length: count }, (_, i) => i).filter((i) => !this.#done.has(i));
  }

  get heldBytes(): number {
    return heldBytes({ ...this.state, done: [...this.#done] });
  }

  /** First byte of a piece, and the first behind it. */
  range(piece: number): { start: number; end: number } {
    const start = piece * this.state.pieceBytes;
    return { start, end: Math.min(start + this.state.pieceBytes, this.state.bytes) };
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    try {
      let written = 0;
      while (written < bytes.length) {
        // oxlint-disable-next-line no-await-in-loop
        const { bytesWritten } = await this.#handle.write(
          bytes,
          written,
          bytes.length - written,
          at + written,
        );
        written += bytesWritten;
      }
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOSPC") {
        throw diskFull(this.state.bytes - this.heldBytes, 0, error);
      }
      throw error;
    }
  }

  /** The piece is whole. */
  async finished(piece: number): Promise<void> {
    this.#done.add(piece);
    await this.#save();
  }

  /** All there: on the disk, and closed. */
  async complete(): Promise<void> {
    await this.#saving;
    await this.#handle.sync();
    await this.#handle.close();
  }

  async close(): Promise<void> {
    await this.#saving.catch(() => {});
    await this.#handle.close().catch(() => {});
  }

  /** One write of the state after the other; each is whole or not there. */
  #save(): Promise<void> {
    const text = (): string => JSON.stringify({ ...this.state, done: [...this.#done] });
    this.#saving = this.#saving.then(async () => {
      const beside = `${this.#statePath}.new`;
      await writeFile(beside, text());
      await rename(beside, this.#statePath);
    });
    return this.#saving;
  }
}

function heldBytes(state: PartialState): number {
  let held = 0;
  for (const piece of new Set(state.done)) {
    const start = piece * state.pieceBytes;
    held += Math.max(0, Math.min(state.pieceBytes, state.bytes - start));
  }
  return held;
}

function isState(value: unknown): value is PartialState {
  if (typeof value !== "object" || value === null) return false;
  return (
    "schemaVersion" in value &&
    value.schemaVersion === 1 &&
    "bytes" in value &&
    typeof value.bytes === "number" &&
    "pieceBytes" in value &&
    typeof value.pieceBytes === "number" &&
    value.pieceBytes > 0 &&
    "done" in value &&
    Array.isArray(value.done) &&
    "url" in value &&
    "etag" in value
  );
}

function diskFull(bytes: number, freeBytes: number, cause?: unknown): QwqError {
  return new QwqError("disk_full", `The file needs ${bytes} more bytes; ${freeBytes} are free.`, {
    hint: "Free some space, or choose another directory for models.",
    details: { bytes, freeBytes },
    ...(cause === undefined ? {} : { cause }),
  });
}
