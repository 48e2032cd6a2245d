import type { ReorderedNodes } from "./ggml/scheduler-backend.ts";
import type { Operation, Tensor } from "./ggml/tensor.ts";
import {
  dependsOn,
  EXPERT_PATTERNS,
  isEmpty,
  isPair,
  NORM_PATTERNS,
  type Pattern,
} from "./vulkan-patterns.ts";

/** How many nodes ahead are looked at (`NUM_TO_CHECK`), and how far a partner is looked for. */
const AHEAD = 20;
const PARTNER_AHEAD = 15;
const OLD_PARTNER_AHEAD = 10;

/**
 * The order in which the Vulkan backend runs the nodes of one split, so that kernels overlap: it moves
 * independent nodes forward and keeps what it runs as one together, which changes what is alive at once
 * (llama.cpp v0.5.0 ggml/src/ggml-vulkan/ggml-vulkan.cpp, ggml_vk_graph_optimize).
 *
 * @param fusesNorms v0.5.0 keeps norms and rotations together and the inputs of expert choices alive; v0.4.0 did not.
 */
export function vulkanOrder(nodes: readonly Tensor[], fusesNorms: boolean): ReorderedNodes {
  return new VulkanOrder(nodes, fusesNorms).run();
}

class VulkanOrder {
  readonly #nodes: readonly Tensor[];
  readonly #fusesNorms: boolean;
  readonly #used: boolean[];
  readonly #order: Tensor[] = [];
  readonly #ordered = new Set<Tensor>();
  readonly #keep = new Map<Tensor, Tensor[]>();
  #first = 0;

  constructor(nodes: readonly Tensor[], fusesNorms: boolean) {
    this.#nodes = nodes;
    this.#fusesNorms = fusesNorms;
    this.#used = nodes.map(() => false);
  }

  run(): ReorderedNodes {
    while (this.#first < this.#nodes.length) {
      if (!this.#keepPattern()) this.#emit(this.#nextSet());
      while (this.#used[this.#first] === true) this.#first += 1;
    }
    return { nodes: this.#order, keep: this.#keep };
  }

  #emit(indexes: readonly number[]): void {
    for (const index of indexes) {
      const node = this.#nodes[index];
      if (node === undefined) continue;
      this.#order.push(node);
      this.#ordered.add(node);
      this.#used[index] = true;
    }
  }

  #keepPattern(): boolean {
    const experts = EXPERT_PATTERNS.find((pattern) => this.#matches(pattern, this.#first));
    if (experts !== undefined) {
      if (this.#fusesNorms) this.#keepInputs(experts);
      this.#emit(experts.map((_, i) => this.#first + i));
      return true;
    }
    const norm = this.#normPatterns().find((pattern) => this.#matches(pattern, this.#first));
    if (norm === undefined) return false;
    this.#emit(norm.map((_, i) => this.#first + i));
    return true;
  }

  #normPatterns(): readonly Pattern[] {
    return this.#fusesNorms ? NORM_PATTERNS : [];
  }

  #matches(pattern: Pattern, start: number): boolean {
    return pattern.every(
      (operation, i) => this.#is(start + i, operation) && this.#used[start + i] === false,
    );
  }

  #is(index: number, operation: Operation): boolean {
    return this.#nodes[index]?.operation === operation;
  }

  /** Outside inputs of a choice of experts stay alive to its end, or to a scale behind it. */
  #keepInputs(pattern: Pattern): void {
    const end = this.#first + pattern.length;
    const until = this.#nodes[this.#is(end, "SCALE") ? end : end - 1];
    if (until === undefined) return;
    const seen = new Set<Tensor>();
    const kept: Tensor[] = this.#keep.get(until) ?? [];
    for (const node of this.#nodes.slice(this.#first, end)) {
      for (const source of node.sources) {
        if (!seen.has(source) && !kept.includes(source)) kept.push(source);
        seen.add(source);
      }
      seen.add(node);
    }
    this.#keep.set(until, kept);
  }

  /** The next node, all later ones that can run beside it, then the views of these. */
  #nextSet(): readonly number[] {
    const end = Math.min(this.#first + AHEAD, this.#nodes.length);
    const set = [this.#first];
    for (let j = this.#first + 1; j < end; j += 1) {
      const node = this.#nodes[j];
      if (node === undefined || this.#used[j] === true || isEmpty(node)) continue;
      if (this.#startsPattern(j) || !this.#canJoin(node, j, set)) continue;
      set.push(j);
      this.#pullPartners(node, j, set);
    }
    const last = this.#nodes[set.at(-1) ?? this.#first];
    if (last?.operation === "ADD") return set;
    for (let j = this.#first + 1; j < end; j += 1) {
      const node = this.#nodes[j];
      if (node === undefined || this.#used[j] === true || !isEmpty(node)) continue;
      const waits = this.#before(j).some((c) => !set.includes(c) && this.#depends(node, c));
      if (!waits) set.push(j);
    }
    return set;
  }

  #startsPattern(index: number): boolean {
    return [...EXPERT_PATTERNS, ...this.#normPatterns()].some((pattern) =>
      this.#matches(pattern, index),
    );
  }

  /** Unused indexes from the first to before `end`. */
  #before(end: number): readonly number[] {
    const unused: number[] = [];
    for (let c = this.#first; c < end; c += 1) if (this.#used[c] === false) unused.push(c);
    return unused;
  }

  #depends(node: Tensor, earlier: number): boolean {
    const other = this.#nodes[earlier];
    return other !== undefined && dependsOn(node, other);
  }

  #canJoin(node: Tensor, j: number, set: readonly number[]): boolean {
    return this.#before(j).every((c) => {
      if (!this.#depends(node, c)) return true;
      const earlier = this.#nodes[c];
      if (earlier === undefined || c !== set.at(-1)) return false;
      if (j === c + 1 && isPair(earlier, node)) return true;
      if (node.operation !== "MUL") return false;
      if (earlier.operation === "RMS_NORM")
        return this.#fusesNorms ? this.#onlyEmpty(c + 1, j) : j === c + 1;
      return this.#fusesNorms && earlier.operation === "UNARY" && this.#onlyEmpty(c + 1, j);
    });
  }

  #onlyEmpty(from: number, to: number): boolean {
    for (let v = from; v < to; v += 1) {
      const node = this.#nodes[v];
      if (this.#used[v] === false && node !== undefined && !isEmpty(node)) return false;
    }
    return true;
  }

  /** Brings later nodes that run as one with this one right behind it. */
  #pullPartners(node: Tensor, j: number, set: number[]): void {
    const previous = this.#nodes[j - 1]?.operation;
    let rotation = j;
    if (node.operation === "MUL" && previous === "RMS_NORM") {
      const found = this.#find(j, PARTNER_AHEAD, (later) => {
        return (
          later.operation === "ROPE" &&
          later.sources[0] === node &&
          later.sources.slice(1).every(isLeaf)
        );
      });
      if (found !== null) {
        rotation = found;
        this.#pull(set, found);
      }
    }
    this.#pullStore(rotation, set);
    const then = (operation: Operation): void => {
      const found = this.#find(j, PARTNER_AHEAD, (later) => {
        return (
          later.operation === operation &&
          later.sources[0] === node &&
          this.#ready(later.sources[1])
        );
      });
      if (found !== null) this.#pull(set, found);
    };
    if (node.operation === "ADD_ID" && previous === "MUL_MAT_ID") then("MUL");
    if (node.operation === "ADD" && previous === "MUL_MAT") then("ADD");
    if (node.operation === "ADD" && previous === "SSM_CONV") {
      const found = this.#find(
        j,
        PARTNER_AHEAD,
        ({ operation, sources }) => operation === "UNARY" && sources[0] === node,
      );
      if (found !== null) this.#pull(set, found);
    }
    if (this.#fusesNorms && node.operation === "UNARY") {
      const found = this.#find(j, PARTNER_AHEAD, ({ operation, sources }) => {
        return (
          operation === "MUL" &&
          sources.includes(node) &&
          sources.every((s) => s === node || this.#ready(s))
        );
      });
      if (found !== null) this.#pull(set, found);
    }
  }

  #ready(source: Tensor | undefined): boolean {
    return source !== undefined && (isLeaf(source) || this.#ordered.has(source));
  }

  /** A rotation, or a norm, with the write of its result to the cache. */
  #pullStore(rotation: number, set: number[]): void {
    const node = this.#nodes[rotation];
    if (node?.operation !== "ROPE" && !(this.#fusesNorms && node?.operation === "RMS_NORM")) return;
    const ahead = this.#fusesNorms ? PARTNER_AHEAD : OLD_PARTNER_AHEAD;
    const free = (k: number): boolean => !this.#fusesNorms || this.#used[k] === false;
    const view = this.#find(
      rotation,
      ahead,
      (later, k) => free(k) && later.operation === "VIEW" && later.sources[0] === node,
    );
    if (view === null) return;
    const shown = this.#nodes[view];
    const store = this.#find(view, ahead - (view - rotation), (later, k) => {
      return free(k) && later.operation === "SET_ROWS" && later.sources[0] === shown;
    });
    if (store === null || (this.#fusesNorms && !this.#canPullStore(rotation, view, store))) return;
    this.#pull(set, view);
    this.#pull(set, store);
  }

  /** Nothing else uses the result, and nothing in between must run before the write (ggml_can_fuse_subgraph_ext). */
  #canPullStore(rotation: number, view: number, store: number): boolean {
    const written = this.#nodes[store];
    if (this.#nodes[rotation]?.uses !== 1 || this.#nodes[view]?.uses !== 1 || written === undefined)
      return false;
    for (let c = rotation + 1; c < store; c += 1) {
      const node = this.#nodes[c];
      if (this.#used[c] === true || c === view || node === undefined || isEmpty(node)) continue;
      if (dependsOn(written, node)) return false;
    }
    return true;
  }

  #pull(set: number[], index: number): void {
    set.push(index);
    this.#used[index] = true;
  }

  #find(
    from: number,
    ahead: number,
    test: (node: Tensor, index: number) => boolean,
  ): number | null {
    const end = Math.min(from + ahead, this.#nodes.length);
    for (let k = from + 1; k < end; k += 1) {
      const node = this.#nodes[k];
      if (node !== undefined && test(node, k)) return k;
    }
    return null;
  }
}

function isLeaf(tensor: Tensor): boolean {
  return tensor.operation === "NONE";
}
