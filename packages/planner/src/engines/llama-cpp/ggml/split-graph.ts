import { readableBy } from "./assign-backends.ts";
import type { ComputeGraph } from "./compute-graph.ts";
import type { SchedulerBackend } from "./scheduler-backend.ts";
import { Tensor } from "./tensor.ts";

interface Split {
  readonly backend: number;
  readonly start: number;
  end: number;
  /** Tensors of other backends that are copied to this one before it runs. */
  readonly inputs: Tensor[];
}

/** The graph with its copies, as the allocator gets it; every tensor knows its backend. */
export interface SplitGraph {
  readonly nodes: readonly Tensor[];
  readonly leaves: readonly Tensor[];
  readonly splits: number;
}

/**
 * Cuts an assigned graph where the backend changes and adds copies of what crosses
 * (ggml-backend.cpp, ggml_backend_sched_split_graph, pass 5 and after). `copies` above 1 is pipeline
 * parallelism: inputs are held that often.
 */
export function splitGraph(
  graph: ComputeGraph,
  backends: readonly SchedulerBackend[],
  copies: number,
): SplitGraph {
  if (backends.length === 1) return { nodes: graph.nodes, leaves: graph.leaves, splits: 1 };
  const crossing = new Crossing(copies);
  const splits = cut(graph, backends, crossing);
  const nodes: Tensor[] = [];
  for (const split of splits) {
    const part = graph.nodes.slice(split.start, split.end);
    const ordered = backends[split.backend]?.reorder?.(part) ?? { nodes: part, keep: NOTHING };
    for (const input of split.inputs) {
      // kept until the copy is made
      nodes.push(keeper([input], input.backend), crossing.copyOf(input, split.backend));
    }
    for (const node of ordered.nodes) {
      nodes.push(node);
      const kept = ordered.keep.get(node);
      if (kept !== undefined) nodes.push(keeper(kept, split.backend));
    }
  }
  const leaves = crossing.extraLeaves(splits).concat(graph.leaves);
  return { nodes, leaves, splits: splits.length };
}

const NOTHING: ReadonlyMap<Tensor, readonly Tensor[]> = new Map();

/** A view without operation that only keeps tensors alive up to its place. */
function keeper(kept: readonly Tensor[], backend: number): Tensor {
  const [first] = kept;
  const view = new Tensor(
    "F32",
    [1, 1, 1, 1],
    "NONE",
    [...kept],
    first === undefined ? {} : { viewOf: first },
  );
  view.backend = backend;
  return view;
}

function cut(
  graph: ComputeGraph,
  backends: readonly SchedulerBackend[],
  crossing: Crossing,
): Split[] {
  const first = graph.nodes.find((node) => !node.isViewOperation)?.backend ?? 0;
  let split: Split = { backend: first, start: 0, end: graph.nodes.length, inputs: [] };
  const splits = [split];
  for (const [index, node] of graph.nodes.entries()) {
    if (node.isViewOperation) continue;
    const current = split.backend;
    if (
      node.backend !== current ||
      (split.inputs.length > 0 && needsForeignWeights(node, current, backends))
    ) {
      split.end = index;
      split = { backend: node.backend, start: index, end: graph.nodes.length, inputs: [] };
      splits.push(split);
    }
    for (const [position, source] of node.sources.entries()) {
      if (source.isInput) crossing.holdInput(source);
      const backend = backends[split.backend];
      if (backend === undefined || source.backend === split.backend || readableBy(source, backend))
        continue;
      if (crossing.makeCopy(source, split.backend)) split.inputs.push(source);
      node.sources[position] = crossing.copyOf(source, split.backend);
    }
  }
  return splits;
}

/** Offloaded weights get a split of their own, so that their room can be used again. */
function needsForeignWeights(
  node: Tensor,
  current: number,
  backends: readonly SchedulerBackend[],
): boolean {
  const backend = backends[current];
  return node.sources.some(
    (source) =>
      source.storage?.weights === true &&
      source.viewOf === null &&
      source.backend !== current &&
      backend !== undefined &&
      !readableBy(source, backend),
  );
}

/** Copies of tensors on other backends. */
class Crossing {
  readonly #count: number;
  readonly #copies = new Map<Tensor, Map<number, Tensor[]>>();
  readonly #held: Tensor[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  /** With pipelining every graph input is held several times; the first is the input itself. */
  holdInput(input: Tensor): void {
    if (this.#count === 1 || this.#copies.get(input)?.has(input.backend) === true) return;
    input.isOutput = true;
    this.#store(input, input.backend, [
      input,
      ...this.#make(input, this.#count - 1, input.backend),
    ]);
    this.#held.push(input);
  }

  /** True where the copy is new. */
  makeCopy(source: Tensor, backend: number): boolean {
    if (this.#copies.get(source)?.has(backend) === true) return false;
    this.#store(source, backend, this.#make(source, this.#count, backend));
    return true;
  }

  copyOf(source: Tensor, backend: number): Tensor {
    return this.#copies.get(source)?.get(backend)?.[0] ?? source;
  }

  /** Copies that are allocated before anything else, with pipelining only. */
  extraLeaves(splits: readonly Split[]): Tensor[] {
    if (this.#count === 1) return [];
    const all = (tensor: Tensor, backend: number): readonly Tensor[] =>
      this.#copies.get(tensor)?.get(backend) ?? [];
    return [
      ...this.#held.flatMap((input) => all(input, input.backend)),
      ...splits.flatMap((split) => split.inputs.flatMap((input) => all(input, split.backend))),
    ];
  }

  #make(source: Tensor, count: number, backend: number): Tensor[] {
    return Array.from({ length: count }, () => {
      const copy = new Tensor(source.type, source.lengths, "NONE", [], { strides: source.strides });
      copy.backend = backend;
      if (this.#count > 1) {
        copy.isInput = true;
        copy.isOutput = true;
      }
      return copy;
    });
  }

  #store(source: Tensor, backend: number, copies: Tensor[]): void {
    const known = this.#copies.get(source) ?? new Map<number, Tensor[]>();
    known.set(backend, copies);
    this.#copies.set(source, known);
  }
}
