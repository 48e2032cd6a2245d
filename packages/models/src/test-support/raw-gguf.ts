/** A GGUF header put together byte by byte, so that a test can lie in any field. */
export class RawGguf {
  readonly #parts: Uint8Array[] = [];

  text(text: string): this {
    return this.u64(BigInt(new TextEncoder().encode(text).length)).plain(text);
  }
  plain(text: string): this {
    this.#parts.push(new TextEncoder().encode(text));
    return this;
  }
  u32(value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.#parts.push(bytes);
    return this;
  }
  u64(value: bigint): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.#parts.push(bytes);
    return this;
  }
  zeros(count: number): this {
    this.#parts.push(new Uint8Array(count));
    return this;
  }

  /** Magic, version and both counts. */
  static start(tensors: bigint, entries: bigint, version = 3): RawGguf {
    return new RawGguf().plain("GGUF").u32(version).u64(tensors).u64(entries);
  }

  get bytes(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
