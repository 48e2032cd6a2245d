import type { TensorInfo } from "@qwq-fit/schema";

import { padTo } from "../tensor-types.ts";
import { tensorRole, type TensorRole } from "./tensor-role.ts";

/** A tensor of the file with what its name and place tell. */
export interface WeightRow {
  readonly index: number;
  readonly tensor: TensorInfo;
  readonly role: TensorRole;
  /** Bytes from the first tensor of the file. */
  readonly fileOffset: number;
}

/** A weight with its bias and its scale, where it has them. */
export interface WeightGroup {
  readonly weight: WeightRow | undefined;
  readonly bias: WeightRow | undefined;
  readonly scale: WeightRow | undefined;
}

type Groups = ReadonlyMap<string, WeightGroup>;

/** Alignment of tensors in a file (gguf.h, GGUF_DEFAULT_ALIGNMENT). */
const FILE_ALIGNMENT = 32;
const BLOCK = /^blk\.(\d+)\.(.*)$/;
const PART = /\.(weight|bias|scale)$/;

/** A file's tensors by block and name. */
export class WeightTable {
  /** In the order of the file. */
  readonly rows: readonly WeightRow[];
  /** The embeddings are the output head too. */
  readonly tied: boolean;
  readonly #shared: Groups;
  readonly #blocks: readonly Groups[];

  constructor(tensors: readonly TensorInfo[]) {
    let fileOffset = 0;
    this.rows = tensors.map((tensor, index) => {
      const row = { index, tensor, role: tensorRole(tensor.name), fileOffset };
      fileOffset += padTo(tensor.bytes, FILE_ALIGNMENT);
      return row;
    });
    const shared = new Map<string, WeightGroup>();
    const blocks: Map<string, WeightGroup>[] = [];
    for (const row of this.rows) {
      const [, block, rest = row.tensor.name] = BLOCK.exec(row.tensor.name) ?? [];
      const groups = block === undefined ? shared : (blocks[Number(block)] ??= new Map());
      const part = PART.exec(rest)?.[1] ?? "weight";
      const name = rest.replace(PART, "");
      const known = groups.get(name) ?? { weight: undefined, bias: undefined, scale: undefined };
      groups.set(name, { ...known, [part]: row });
    }
    this.tied = !shared.has("output");
    this.#shared = shared;
    this.#blocks = blocks;
  }

  /** Weights of a block by name without "blk.N." and ".weight"; null for those outside of blocks. */
  groups(block: number | null): Groups {
    return (block === null ? this.#shared : this.#blocks[block]) ?? NONE;
  }
}

const NONE: Groups = new Map();
