import type { BlockAllocator } from "./block-allocator.ts";
import { sameLayout, type Tensor } from "./tensor.ts";

/** Operations that may write over one of their inputs (ggml-alloc.c, ggml_op_can_inplace). */
const IN_PLACE: ReadonlySet<string> = new Set([
  "FILL",
  "SCALE",
  "ADD",
  "ADD_ID",
  "SUB",
  "MUL",
  "DIV",
  "SQR",
  "UNARY",
  "ROPE",
  "RMS_NORM",
  "CLAMP",
  "SOFT_MAX",
]);

/**
 * Walks a graph as it would run and takes and gives back storage for each tensor; the peaks stay in
 * the allocators, one for each backend (ggml-alloc.c, ggml_gallocr_alloc_graph_impl, step for step).
 */
export function allocateGraph(
  nodes: readonly Tensor[],
  leaves: readonly Tensor[],
  allocators: readonly BlockAllocator[],
): void {
  for (const leaf of leaves) take(leaf, leaf.backend, allocators);
  for (const node of nodes) {
    // a view without operation only keeps its sources alive; the scheduler adds such nodes
    if (node.viewOf !== null && node.operation !== "NONE") node.viewOf.views += 1;
    if (node.isInput) take(node, node.backend, allocators);
    for (const source of node.sources) {
      source.children += 1;
      if (source.isInput) take(source, node.backend, allocators);
    }
  }
  for (const node of nodes) {
    for (const source of node.sources) take(source, node.backend, allocators);
    take(node, node.backend, allocators);
    for (const source of node.sources) letGo(source, allocators);
  }
}

function letGo(source: Tensor, allocators: readonly BlockAllocator[]): void {
  source.children -= 1;
  if (source.children !== 0 || source.views !== 0) return;
  const base = source.viewOf;
  if (base !== null) {
    base.views -= 1;
    if (base.views === 0 && base.children === 0 && base.allocated) give(base, allocators);
  } else if (source.allocated) {
    give(source, allocators);
  }
}

/** ggml_gallocr_free_node. */
function give(tensor: Tensor, allocators: readonly BlockAllocator[]): void {
  if (tensor.isOutput) return;
  const own = allocators[tensor.allocatorIndex];
  own?.release(tensor.chunk, tensor.offset, own.sizeOf(tensor));
  tensor.allocated = false;
}

/** Room of the source that its successor does not take (ggml_gallocr_free_extra_space). */
function giveExtra(tensor: Tensor, source: Tensor, allocators: readonly BlockAllocator[]): void {
  const own = allocators[source.allocatorIndex];
  if (own === undefined) return;
  const kept = own.align(own.sizeOf(tensor));
  const extra = own.align(own.sizeOf(source)) - kept;
  if (extra > 0) own.release(source.chunk, source.offset + kept, extra);
}

/** ggml_gallocr_allocate_node. */
function take(tensor: Tensor, backend: number, allocators: readonly BlockAllocator[]): void {
  if (tensor.storage !== null || tensor.allocated || tensor.viewOf !== null) return;
  tensor.allocated = true;
  if (IN_PLACE.has(tensor.operation)) {
    for (const source of tensor.sources) {
      // a view is never `allocated`, so only whole tensors are written over
      if (!source.allocated || source.isOutput || !sameLayout(tensor, source)) continue;
      if (source.children !== 1 || source.views !== 0) continue;
      tensor.allocatorIndex = source.allocatorIndex;
      tensor.chunk = source.chunk;
      tensor.offset = source.offset;
      source.allocated = false;
      giveExtra(tensor, source, allocators);
      return;
    }
  }
  const own = allocators[backend];
  if (own === undefined) return;
  const at = own.allocate(own.sizeOf(tensor));
  tensor.allocatorIndex = backend;
  tensor.chunk = at.chunk;
  tensor.offset = at.offset;
}
