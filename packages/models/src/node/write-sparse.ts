import type { FileHandle } from "node:fs/promises";
import { stat } from "node:fs/promises";

import type { ModelEntry, TensorInfo } from "@qwq-fit/schema";
import { QwqError } from "@qwq-fit/schema";

import { tensorType } from "../ggml/tensor-types.ts";
import { type CutBlocks, cutEntry } from "../layout/cut-entry.ts";
import { cutLayout } from "../layout/cut-layout.ts";
import { entryMetadata } from "../write/entry-metadata.ts";
import { encodeHeader } from "../write/gguf-encoder.ts";
import { canFill, randomBlocks } from "../write/random-blocks.ts";
import { writeAt, writeWhole } from "./atomic-file.ts";
import { checkRoom } from "./volume-room.ts";

export interface SparseOptions {
  /** "Q4_K_M". */
  readonly quantization: string;
  /** How many blocks the file has, or which of the whole model's; all if left out. */
  readonly blocks?: CutBlocks;
  /** What weights hold; "zeros" takes no disk. Default "zeros". */
  readonly fill?: "zeros" | "random";
  /** Of random weights. Default 1. */
  readonly seed?: number;
}

export interface SparseFile {
  /** Size of the file as it is shown. */
  readonly bytes: number;
  /** Bytes that it takes on the disk; near `bytes` where the file system knows no holes. */
  readonly allocatedBytes: number;
  readonly tensors: readonly TensorInfo[];
}

/**
 * Writes a GGUF file with a model's exact layout that the engine loads and computes as the real
 * one; what it says means nothing. Norms are ones, weights zeros that take no disk; the routers of
 * experts, and the embeddings of the first tokens in front of them, are random, as routing needs.
 *
 * @throws QwqError `unsupported_model`, `invalid_value`, `disk_full`, `unsupported_combination`
 *   where random weights are asked of a type that cannot be made up.
 */
export async function writeSparseGguf(
  file: string,
  entry: ModelEntry,
  options: SparseOptions,
): Promise<SparseFile> {
  const cut = cutEntry(entry, options.blocks);
  const tensors = cutLayout(entry, options.quantization, options.blocks);
  const records = tensors.map((tensor) => ({ ...tensor, typeId: tensorType(tensor.type).id }));
  const header = encodeHeader(entryMetadata(cut, options.quantization), records);
  await checkRoom(file, header.fileBytes);
  await writeWhole(file, async (handle) => {
    await writeAt(handle, header.bytes, 0);
    await handle.truncate(header.fileBytes);
    for (const [index, tensor] of tensors.entries()) {
      const offset = header.offsets[index] ?? 0;
      await fillTensor(handle, tensor, offset, fillOf(tensor, cut, options), options.seed ?? 1);
    }
  });
  const status = await stat(file);
  return { bytes: header.fileBytes, allocatedBytes: status.blocks * STAT_BLOCK_BYTES, tensors };
}

/** POSIX: st_blocks counts units of 512 bytes. */
const STAT_BLOCK_BYTES = 512;
/** Random embeddings in front of a router: enough tokens for any prompt of a rehearsal. */
const ROUTED_TOKENS = 4096;
const CHUNK_BYTES = 4 * 1024 * 1024;

/** What a tensor is filled with: ones, random blocks up to so many bytes, or a hole. */
type Fill = "ones" | "hole" | { readonly randomBytes: number };

function fillOf(tensor: TensorInfo, entry: ModelEntry, options: SparseOptions): Fill {
  if (tensor.name.endsWith("_norm.weight")) return "ones";
  const routed = "expert_count" in entry.hyperparameters;
  if (options.fill === "random") {
    return tensor.shape.length > 1 ? { randomBytes: tensor.bytes } : "hole";
  }
  if (tensor.name.includes("ffn_gate_inp")) return { randomBytes: tensor.bytes };
  if (routed && tensor.name === "token_embd.weight") {
    const tokens = tensor.shape[1] ?? 1;
    return { randomBytes: (tensor.bytes / tokens) * Math.min(tokens, ROUTED_TOKENS) };
  }
  return "hole";
}

async function fillTensor(
  handle: FileHandle,
  tensor: TensorInfo,
  offset: number,
  fill: Fill,
  seed: number,
): Promise<void> {
  if (fill === "hole") return;
  if (fill === "ones") {
    await writeAt(
      handle,
      new Uint8Array(new Float32Array(tensor.bytes / 4).fill(1).buffer),
      offset,
    );
    return;
  }
  const type = tensorType(tensor.type);
  if (!canFill(type)) {
    throw new QwqError("unsupported_combination", `no random weights are made of ${type.name}`, {
      hint: 'Choose another quantization, or fill "zeros".',
    });
  }
  const chunkBlocks = Math.floor(CHUNK_BYTES / type.blockBytes);
  const blocks = fill.randomBytes / type.blockBytes;
  for (let block = 0; block < blocks; block += chunkBlocks) {
    const count = Math.min(chunkBlocks, blocks - block);
    const bytes = randomBlocks(type, count, hash(`${seed} ${tensor.name} ${block}`));
    await writeAt(handle, bytes, offset + block * type.blockBytes);
  }
}

/** FNV-1a, 32 bits: a seed of its own for each chunk. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
