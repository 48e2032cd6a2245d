import type { Tensor } from "./tensor.ts";

/** Tensors in the order in which they run (ggml.h, struct ggml_cgraph). */
export class ComputeGraph {
  readonly nodes: Tensor[] = [];
  /** Inputs, weights and caches. */
  readonly leaves: Tensor[] = [];

  /** Adds a tensor behind everything that it needs (ggml.c, ggml_build_forward_expand). */
  expand(tensor: Tensor): void {
    if (tensor.visited) return;
    tensor.visited = true;
    for (const source of tensor.sources) {
      this.expand(source);
      source.uses += 1;
    }
    (tensor.operation === "NONE" ? this.leaves : this.nodes).push(tensor);
  }
}
