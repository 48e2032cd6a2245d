import { QwqError } from "@qwq-fit/schema";

/** Bytes that can be read in ranges: a file, an HTTP resource, a buffer. */
export interface ByteSource {
  /** What an error message calls it: a path or a URL without secrets. */
  readonly name: string;
  /** Length of the whole in bytes; null where it is not known before the end is met. */
  readonly size: number | null;
  /** Bytes from `offset` on: `length` of them, fewer only where the source ends. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A buffer as a {@link ByteSource}. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** The fault of a file that is no GGUF, or a broken one; `details` holds the place. */
export function invalidGguf(source: string, what: string, offset?: number): QwqError {
  return new QwqError("invalid_gguf", `${source}: ${what}`, {
    hint: "Download the file again, or check that it is a GGUF file of version 2 or 3.",
    ...(offset === undefined ? {} : { details: { offset } }),
  });
}
