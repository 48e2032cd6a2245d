import type { Operation, Tensor } from "../ggml/tensor.ts";
import { dependsOn, isEmpty, type Pattern } from "./patterns.ts";

/** The nodes of a split while they are put in a new order. */
export class NodeWindow {
  readonly nodes: readonly Tensor[];
  readonly #used: boolean[];
  readonly #ordered = new Set<Tensor>();
  /** First node that has no place yet. */
  first = 0;

  constructor(nodes: readonly Tensor[]) {
    this.nodes = nodes;
    this.#used = nodes.map(() => false);
  }

  isUsed(index: number): boolean {
    return this.#used[index] ?? true;
  }

  use(index: number): void {
    this.#used[index] = true;
  }

  /** Gives a node its place. */
  place(index: number): void {
    const node = this.nodes[index];
    if (node !== undefined) this.#ordered.add(node);
    this.#used[index] = true;
    while (this.first < this.nodes.length && this.#used[this.first] === true) this.first += 1;
  }

  /** An input of the graph, or a node that has its place. */
  isReady(source: Tensor | undefined): boolean {
    return source !== undefined && (source.operation === "NONE" || this.#ordered.has(source));
  }

  is(index: number, operation: Operation): boolean {
    return this.nodes[index]?.operation === operation;
  }

  matches(pattern: Pattern, start: number): boolean {
    for (const [i, operation] of pattern.entries()) {
      if (!this.is(start + i, operation) || this.isUsed(start + i)) return false;
    }
    return true;
  }

  /** Whether `node` must stay behind the node at `earlier`. */
  depends(node: Tensor, earlier: number): boolean {
    const other = this.nodes[earlier];
    return other !== undefined && dependsOn(node, other);
  }

  /** Whether every node without a place before `end`, that the node there needs, passes. */
  needs(end: number, test: (earlier: number) => boolean): boolean {
    const node = this.nodes[end];
    if (node === undefined) return true;
    for (let c = this.first; c < end; c += 1) {
      if (!this.isUsed(c) && this.depends(node, c) && !test(c)) return false;
    }
    return true;
  }

  /** Whether nothing that computes waits in between. */
  onlyEmptyBetween(from: number, to: number): boolean {
    for (let v = from; v < to; v += 1) {
      const node = this.nodes[v];
      if (!this.isUsed(v) && node !== undefined && !isEmpty(node)) return false;
    }
    return true;
  }

  /** The next node within `ahead` that passes, or null. */
  find(from: number, ahead: number, test: (node: Tensor, index: number) => boolean): number | null {
    const end = Math.min(from + ahead, this.nodes.length);
    for (let k = from + 1; k < end; k += 1) {
      const node = this.nodes[k];
      if (node !== undefined && test(node, k)) return k;
    }
    return null;
  }
}
