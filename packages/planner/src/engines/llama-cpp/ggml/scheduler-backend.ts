import type { Storage, Tensor } from "./tensor.ts";

/** A backend as the scheduler sees it: the devices in order, the CPU last. Each has its own buffer for results. */
export interface SchedulerBackend {
  supportsStorage(storage: Storage): boolean;
  /** Whether it can read results of the backend with this index where they are. */
  supportsResultsOf(backend: number): boolean;
  supportsOperation(tensor: Tensor): boolean;
  /** Whether it wants an operation whose weights are in host memory. */
  takesOver(tensor: Tensor): boolean;
  /** Its order of the nodes of one split, and what must be kept until which node. */
  reorder?(nodes: readonly Tensor[]): ReorderedNodes;
}

export interface ReorderedNodes {
  readonly nodes: readonly Tensor[];
  /** Tensors to keep until a node has run. */
  readonly keep: ReadonlyMap<Tensor, readonly Tensor[]>;
}
