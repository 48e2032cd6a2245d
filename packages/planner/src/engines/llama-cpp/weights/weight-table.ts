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

type GroupInMaking = { -readonly [Part in keyof WeightGroup]: WeightGroup[Part] };
type Groups = ReadonlyMap<string, WeightGroup>;

/** Alignment of tensors in a file (gguf.h, GGUF_DEFAULT_ALIGNMENT). */
const FILE_ALIGNMENT = 32;
const BLOCK = /^blk\.(\d+)\.(.*)$/;
const PARTS = ["weight", "bias", "scale"] as const;

/** A file's tensors by block and name. */
export class WeightTable {
  /** In the order of the file. */
  readonly rows: readonly WeightRow[];
  /** The embeddings are the output head too. */
  readonly tied: boolean;
  readonly #shared: Groups;
  readonly #blocks: readonly Groups[];

  private constructor(tensors: readonly TensorInfo[]) {
    let fileOffset = 0;
    this.rows = tensors.map((tensor, index) => {
      const row = { index, tensor, role: tensorRole(tensor.name), fileOffset };
      fileOffset += padTo(tensor.bytes, FILE_ALIGNMENT);
      return row;
    });
    const shared = new Map<string, GroupInMaking>();
    const blocks: Map<string, GroupInMaking>[] = [];
    const names = new Map<string, { readonly name: string; readonly part: keyof WeightGroup }>();
    for (const row of this.rows) {
      const [, block, rest = row.tensor.name] = BLOCK.exec(row.tensor.name) ?? [];
      const groups = block === undefined ? shared : (blocks[Number(block)] ??= new Map());
      const { name, part } = names.get(rest) ?? splitName(rest);
      names.set(rest, { name, part });
      const known = groups.get(name) ?? { weight: undefined, bias: undefined, scale: undefined };
      known[part] = row;
      groups.set(name, known);
    }
    this.tied = !shared.has("output");
    this.#shared = shared;
    this.#blocks = blocks;
  }

  /** The table of these tensors: made once for all machines that they are placed on. */
  static of(tensors: readonly TensorInfo[]): WeightTable {
    const made = MADE.get(tensors) ?? new WeightTable(tensors);
    MADE.set(tensors, made);
    return made;
  }

  /** Weights of a block by name without "blk.N." and ".weight"; null for those outside of blocks. */
  groups(block: number | null): Groups {
    return (block === null ? this.#shared : this.#blocks[block]) ?? NONE;
  }
}

const NONE: Groups = new Map();
const MADE = new WeakMap<readonly TensorInfo[], WeightTable>();

function splitName(rest: string): { readonly name: string; readonly part: keyof WeightGroup } {
  const part = PARTS.find((suffix) => rest.endsWith(`.${suffix}`));
  if (part === undefined) return { name: rest, part: "weight" };
  return { name: rest.slice(0, -part.length - 1), part };
}
