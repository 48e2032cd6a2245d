import type { ByteSource } from "./byte-source.ts";
import { invalidGguf } from "./byte-source.ts";

/** First range asked for: one read holds the header of a file with a small tokenizer. */
const FIRST_READ_BYTES = 1024 * 1024;
/** Later reads double up to this, so that a header of a few MiB takes few requests. */
const LARGEST_READ_BYTES = 8 * 1024 * 1024;

/**
 * Reads little-endian values one after the other from a {@link ByteSource}, holding one window of it.
 *
 * `ensure` is the only waiting step: after it, `n` bytes can be taken without a promise for each.
 */
export class Cursor {
  readonly #source: ByteSource;
  readonly #limitBytes: number;
  readonly #decoder = new TextDecoder();
  #window: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #windowStart = 0;
  #at = 0;
  #nextReadBytes = FIRST_READ_BYTES;

  /** `limitBytes`: the reader never looks beyond this offset. */
  constructor(source: ByteSource, limitBytes: number) {
    this.#source = source;
    this.#limitBytes = limitBytes;
  }

  /** Bytes from the start of the source to the next value. */
  get offset(): number {
    return this.#windowStart + this.#at;
  }

  /** Whether `length` bytes can be taken now. */
  has(length: number): boolean {
    return this.#window.length - this.#at >= length;
  }

  /** Makes `length` bytes ready to be taken. @throws QwqError `invalid_gguf` where the source ends before. */
  async ensure(length: number): Promise<void> {
    if (this.has(length)) return;
    this.#checkEnd(length);
    const rest = this.#window.subarray(this.#at);
    const parts = [rest];
    let held = rest.length;
    const start = this.offset;
    while (held < length) {
      const wanted = Math.max(length - held, this.#nextReadBytes);
      this.#nextReadBytes = Math.min(this.#nextReadBytes * 2, LARGEST_READ_BYTES);
      const bytes = await this.#source.read(start + held, wanted);
      if (bytes.length === 0)
        throw this.fault(`ends after ${start + held} bytes, within its header`);
      parts.push(bytes);
      held += bytes.length;
    }
    this.#window = concatenate(parts, held);
    this.#view = new DataView(this.#window.buffer, this.#window.byteOffset, this.#window.length);
    this.#windowStart = start;
    this.#at = 0;
  }

  /** Steps over `length` bytes without holding them. @throws QwqError `invalid_gguf` where they pass the end. */
  skip(length: number): void {
    this.#checkEnd(length);
    if (this.has(length)) {
      this.#at += length;
      return;
    }
    this.#windowStart = this.offset + length;
    this.#window = new Uint8Array(0);
    this.#at = 0;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }
  u64(): number | bigint {
    return narrow(this.#view.getBigUint64(this.#take(8), true));
  }
  i64(): number | bigint {
    return narrow(this.#view.getBigInt64(this.#take(8), true));
  }
  text(length: number): string {
    const from = this.#take(length);
    return this.#decoder.decode(this.#window.subarray(from, from + length));
  }

  /** The fault of this source at this place. */
  fault(what: string): Error {
    return invalidGguf(this.#source.name, what, this.offset);
  }

  #take(length: number): number {
    const from = this.#at;
    this.#at += length;
    return from;
  }

  #checkEnd(length: number): void {
    const end = this.offset + length;
    if (this.#source.size !== null && end > this.#source.size) {
      throw this.fault(
        `is cut off: its header goes on beyond the ${this.#source.size} bytes of the file`,
      );
    }
    if (end > this.#limitBytes) {
      throw this.fault(
        `has a header of more than ${this.#limitBytes} bytes, which no real model has`,
      );
    }
  }
}

function narrow(value: bigint): number | bigint {
  const narrowed = Number(value);
  return Number.isSafeInteger(narrowed) ? narrowed : value;
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
