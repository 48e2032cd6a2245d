import type { ComputeGraph } from "./compute-graph.ts";
import type { SchedulerBackend } from "./scheduler-backend.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Gives every tensor of the graph its backend (ggml-backend.cpp, ggml_backend_sched_split_graph,
 * passes 1 to 4). Pass 3's move to a backend with the same buffer type does not occur here: no two have one.
 */
export function assignBackends(graph: ComputeGraph, backends: readonly SchedulerBackend[]): void {
  const cpu = backends.length - 1;
  if (cpu === 0) {
    for (const tensor of graph.leaves) tensor.backend = 0;
    for (const tensor of graph.nodes) tensor.backend = 0;
    return;
  }
  for (const tensor of [...graph.leaves, ...graph.nodes]) {
    if (tensor.backend === -1) tensor.backend = fromPlace(tensor, backends);
  }
  const computing = graph.nodes.filter((node) => !node.isViewOperation);
  const backwards = computing.toReversed();
  spread(computing, backends, cpu);
  spread(backwards, backends, cpu);
  spread(computing, backends, null);
  spread(backwards, backends, null);
  for (const node of graph.nodes) {
    if (node.backend === -1 && !node.isViewOperation) node.backend = mostInputs(node, backends);
  }
  for (const node of graph.nodes) inherit(node, backends);
}

/** Backend of a tensor that is stored already, is an input, or works on weights (ggml_backend_sched_backend_id_from_cur). */
function fromPlace(tensor: Tensor, backends: readonly SchedulerBackend[]): number {
  const cpu = backends.length - 1;
  const own = holderOf(tensor, tensor, backends);
  if (own !== -1) return own;
  if (tensor.isInput) return cpu;
  // too small to choose a backend by: rope's factors, attention's sinks
  if (tensor.operation === "ROPE" || tensor.operation === "FLASH_ATTN_EXT") return -1;
  for (const source of tensor.sources) {
    const storage = source.storage;
    if (storage === null || !storage.weights || source.viewOf !== null) continue;
    const holder = holderOf(source, tensor, backends);
    const onHost = storage.buffer === "cpu" || storage.buffer === "pinned";
    if (holder === cpu && onHost) {
      const taker = backends
        .slice(0, cpu)
        .findIndex((backend) => backend.supportsOperation(tensor) && backend.takesOver(tensor));
      if (taker !== -1) return taker;
    }
    return holder;
  }
  return -1;
}

function holderOf(
  tensor: Tensor,
  operation: Tensor,
  backends: readonly SchedulerBackend[],
): number {
  const { storage } = tensor;
  if (storage === null) return -1;
  return backends.findIndex(
    (backend) => backend.supportsStorage(storage) && backend.supportsOperation(operation),
  );
}

/** Nodes take the backend of the last assigned node before them; devices first, where `skip` names the CPU. */
function spread(
  nodes: readonly Tensor[],
  backends: readonly SchedulerBackend[],
  skip: number | null,
): void {
  let current = -1;
  for (const node of nodes) {
    if (node.backend !== -1) current = node.backend === skip ? -1 : node.backend;
    else if (current !== -1 && backends[current]?.supportsOperation(node) === true) {
      node.backend = current;
    }
  }
}

function mostInputs(node: Tensor, backends: readonly SchedulerBackend[]): number {
  let best = -1;
  let chosen = -1;
  for (const [index, backend] of backends.entries()) {
    if (!backend.supportsOperation(node)) continue;
    const readable = node.sources.filter(
      (source) =>
        (source.backend !== -1 || (source.viewOf?.backend ?? -1) !== -1) &&
        readableBy(source, backend),
    ).length;
    if (readable > best) {
      best = readable;
      chosen = index;
    }
  }
  return chosen;
}

/** Whether a backend can read a tensor where it is (ggml_backend_sched_buffer_supported). */
export function readableBy(tensor: Tensor, backend: SchedulerBackend): boolean {
  if (tensor.storage !== null) return backend.supportsStorage(tensor.storage);
  const holder = tensor.backend === -1 ? (tensor.viewOf?.backend ?? -1) : tensor.backend;
  return holder !== -1 && backend.supportsResultsOf(holder);
}

/** Views stand with what they show; other tensors left over go with the node that needs them. */
function inherit(node: Tensor, backends: readonly SchedulerBackend[]): void {
  if (node.backend === -1 && node.viewOf !== null) node.backend = node.viewOf.backend;
  for (const source of node.sources) {
    if (source.backend !== -1) continue;
    source.backend = source.viewOf === null ? node.backend : source.viewOf.backend;
  }
  if (node.backend === -1) {
    node.backend = backends.findIndex((backend) => backend.supportsOperation(node));
  }
}
