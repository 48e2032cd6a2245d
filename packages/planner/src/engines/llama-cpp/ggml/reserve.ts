import { assignBackends } from "./assign-backends.ts";
import { BlockAllocator } from "./block-allocator.ts";
import type { ComputeGraph } from "./compute-graph.ts";
import { allocateGraph } from "./graph-allocator.ts";
import type { SchedulerBackend } from "./scheduler-backend.ts";
import type { Tensor } from "./tensor.ts";
import { splitGraph } from "./split-graph.ts";

/** How the compute buffer of one backend is allocated. */
export interface BufferRules {
  readonly alignmentBytes: number;
  readonly maxBufferBytes: number;
  /** Bytes that the backend adds to each buffer. */
  readonly extraBytes: number;
  /** Bytes that the backend takes for a tensor; the tensor's own where left out. */
  readonly sizeOf?: (tensor: Tensor) => number;
}

/** A compute buffer's chunks in bytes. */
type Chunks = readonly number[];

/** What graphs are reserved on. */
export interface Scheduler {
  readonly backends: readonly SchedulerBackend[];
  /** Of each allocator that the backends name. */
  readonly rules: readonly BufferRules[];
  /** Copies of each input: 1, or more with pipeline parallelism. */
  readonly copies: number;
}

/**
 * Sizes of the compute buffers after the engine has reserved graphs one after the other; a buffer is made
 * anew only where a chunk must grow (ggml-alloc.c, ggml_gallocr_reserve_n_impl).
 *
 * @param order indexes of `graphs`, in which each may come several times.
 * @returns bytes of each allocator's buffer.
 */
export function reserveGraphs(
  graphs: readonly ComputeGraph[],
  order: readonly number[],
  scheduler: Scheduler,
): readonly number[] {
  const peaks = graphs.map((graph) => peakBytes(graph, scheduler));
  let buffers: Chunks[] = scheduler.rules.map(() => []);
  for (const graph of order) {
    buffers = buffers.map((chunks, index) => {
      const needed = peaks[graph]?.[index] ?? [];
      const extra = scheduler.rules[index]?.extraBytes ?? 0;
      const grows = needed.some((bytes, chunk) => bytes > (chunks[chunk] ?? 0));
      return grows ? needed.map((bytes) => (bytes === 0 ? 0 : bytes + extra)) : chunks;
    });
  }
  return buffers.map((chunks) => chunks.reduce((sum, bytes) => sum + bytes, 0));
}

function peakBytes(graph: ComputeGraph, { backends, rules, copies }: Scheduler): readonly Chunks[] {
  const allocators = rules.map(
    ({ alignmentBytes, maxBufferBytes, sizeOf }) =>
      new BlockAllocator(alignmentBytes, maxBufferBytes, sizeOf),
  );
  assignBackends(graph, backends);
  const split = splitGraph(graph, backends, copies);
  allocateGraph(split.nodes, split.leaves, allocators);
  return allocators.map(({ peaks }) => peaks);
}
