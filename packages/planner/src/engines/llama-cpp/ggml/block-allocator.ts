import type { Tensor } from "./tensor.ts";

/** A stretch of a chunk that nothing uses. */
interface FreeBlock {
  offset: number;
  size: number;
}

interface Chunk {
  readonly index: number;
  readonly free: FreeBlock[];
  /** Highest byte that was ever used. */
  peak: number;
}

interface Found {
  readonly chunk: Chunk;
  readonly block: FreeBlock;
}

/** Chunks that one allocator may have (ggml-alloc.c, GGML_VBUFFER_MAX_CHUNKS). */
const MAX_CHUNKS = 16;
/** Stands for the endless last block. */
const ENDLESS = Number.MAX_SAFE_INTEGER / 2;

/** Best-fit allocation within chunks that grow: ggml-alloc.c, struct ggml_dyn_tallocr, step for step. */
export class BlockAllocator {
  readonly alignment: number;
  readonly #maxChunk: number;
  readonly #chunks: Chunk[] = [];

  /** Bytes that the backend takes for a tensor. */
  readonly sizeOf: (tensor: Tensor) => number;

  constructor(
    alignment: number,
    maxChunkBytes: number,
    sizeOf: (tensor: Tensor) => number = ({ bytes }) => bytes,
  ) {
    this.alignment = alignment;
    this.sizeOf = sizeOf;
    this.#maxChunk = Math.min(maxChunkBytes, ENDLESS);
  }

  /** Peak of each chunk so far. */
  get peaks(): readonly number[] {
    return this.#chunks.map(({ peak }) => peak);
  }

  align(bytes: number): number {
    return Math.ceil(bytes / this.alignment) * this.alignment;
  }

  /** ggml_dyn_tallocr_alloc. */
  allocate(bytes: number): { chunk: number; offset: number } {
    const size = this.align(bytes);
    const { chunk, block } = this.#bestInner(size) ?? this.#bestLast(size) ?? this.#newChunk(size);
    const offset = block.offset;
    block.offset += size;
    block.size -= size;
    if (block.size === 0) chunk.free.splice(chunk.free.indexOf(block), 1);
    chunk.peak = Math.max(chunk.peak, offset + size);
    return { chunk: chunk.index, offset };
  }

  /** ggml_dyn_tallocr_free_bytes. */
  release(index: number, offset: number, bytes: number): void {
    const size = this.align(bytes);
    const free = this.#chunks[index]?.free ?? [];
    for (const [i, block] of free.entries()) {
      if (block.offset + block.size === offset) {
        block.size += size;
        const next = free[i + 1];
        if (next !== undefined && block.offset + block.size === next.offset) {
          block.size += next.size;
          free.splice(i + 1, 1);
        }
        return;
      }
      if (offset + size === block.offset) {
        block.offset = offset;
        block.size += size;
        const previous = free[i - 1];
        if (previous !== undefined && previous.offset + previous.size === block.offset) {
          previous.size += block.size;
          free.splice(i, 1);
        }
        return;
      }
    }
    const at = free.findIndex((block) => block.offset >= offset);
    free.splice(at === -1 ? free.length : at, 0, { offset, size });
  }

  #newChunk(size: number): Found {
    const index = this.#chunks.length;
    const room = index === MAX_CHUNKS - 1 ? ENDLESS : Math.max(size, this.#maxChunk);
    const block = { offset: 0, size: room };
    const chunk = { index, free: [block], peak: 0 };
    this.#chunks.push(chunk);
    return { chunk, block };
  }

  /** The smallest block that is big enough, of all but each chunk's last one; of the last chunk that has one. */
  #bestInner(size: number): Found | null {
    let found: Found | null = null;
    for (const chunk of this.#chunks) {
      let best = Number.POSITIVE_INFINITY;
      for (const block of chunk.free.slice(0, -1)) {
        if (block.size >= size && block.size <= best) {
          found = { chunk, block };
          best = block.size;
        }
      }
    }
    return found;
  }

  /** The last block whose use grows its chunk least. */
  #bestLast(size: number): Found | null {
    let found: Found | null = null;
    let best = Number.NEGATIVE_INFINITY;
    for (const chunk of this.#chunks) {
      const block = chunk.free.at(-1);
      if (block === undefined || block.size < size) continue;
      const reuse = chunk.peak - block.offset - size;
      if ((best < 0 && reuse > best) || (reuse >= 0 && reuse < best)) {
        found = { chunk, block };
        best = reuse;
      }
    }
    return found;
  }
}
