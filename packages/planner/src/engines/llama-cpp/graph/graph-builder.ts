import { ComputeGraph } from "../ggml/compute-graph.ts";
import { input as graphInput, like, matMul, reshape } from "../ggml/operations.ts";
import { type Four, Tensor } from "../ggml/tensor.ts";
import type { WeightBuffer } from "../weights/place-weights.ts";
import type { WeightRow } from "../weights/weight-table.ts";
import type { GraphBatch, GraphInput } from "./graph-input.ts";

/** Below this many tokens, and with all layers offloaded, a norm is kept with its block (src/llama-context.cpp, llama_context::graph_get_cb). */
const PINNED_NORM_TOKENS = 32;

/** Parts that the engine's graphs share (llama.cpp v0.5.0 src/llama-graph.cpp, llm_graph_context). */
export class GraphBuilder {
  readonly graph: ComputeGraph = new ComputeGraph();
  readonly input: GraphInput;
  readonly batch: GraphBatch;
  readonly #weights: (Tensor | undefined)[] = [];
  readonly #ropeFactors = new Map<number, Tensor>();
  #tiedHead: Tensor | undefined;
  readonly #caches = new Map<string, Tensor>();
  readonly #deviceCount: number;
  readonly #pinsNorms: boolean;

  constructor(input: GraphInput, batch: GraphBatch, deviceCount: number) {
    this.input = input;
    this.batch = batch;
    this.#deviceCount = deviceCount;
    this.#pinsNorms =
      batch.tokens < PINNED_NORM_TOKENS || input.offloadedLayers > input.split.blocks.length;
  }

  /** A weight of a block, or outside of blocks, by name without ".weight"; undefined where there is none. */
  optional(block: number | null, name: string): Tensor | undefined {
    const { weights, placement } = this.input;
    if (block === null && name === "output" && weights.tied) {
      const row = weights.groups(null).get("token_embd")?.weight;
      this.#tiedHead ??= row === undefined ? undefined : stored(row, placement.tiedHead);
      return this.#tiedHead;
    }
    return this.#row(weights.groups(block).get(name)?.weight);
  }

  /** Factors of rotation, where the model has them: one tensor for each device (get_rope_factors). */
  ropeFactors(block: number): Tensor | undefined {
    const row = this.input.weights.groups(null).get("rope_freqs")?.weight;
    if (row === undefined) return undefined;
    const device = this.input.split.blocks[block] ?? -1;
    const known = this.#ropeFactors.get(device);
    const made = known ?? stored(row, device < 0 ? "cpu" : device);
    this.#ropeFactors.set(device, made);
    return made;
  }

  /** A bias by name without ".bias". */
  bias(block: number, name: string): Tensor | undefined {
    return this.#row(this.input.weights.groups(block).get(name)?.bias);
  }

  /** A weight that the architecture cannot do without; a missing one gets this shape. */
  weight(block: number | null, name: string, length: number, rows: number): Tensor {
    const found = this.optional(block, name);
    if (found !== undefined) return found;
    return new Tensor("F32", [length, rows, 1, 1], "NONE", [], {
      storage: { buffer: "cpu", weights: true },
    });
  }

  #row(row: WeightRow | undefined): Tensor | undefined {
    if (row === undefined) return undefined;
    return (this.#weights[row.index] ??= stored(
      row,
      this.input.placement.buffers[row.index] ?? "cpu",
    ));
  }

  /** A cache tensor of a block, on the block's device. */
  cache(name: string, block: number, type: string, lengths: Four): Tensor {
    const known = this.#caches.get(name);
    if (known !== undefined) return known;
    const device = this.input.split.blocks[block] ?? -1;
    const made = new Tensor(type, lengths, "NONE", [], {
      storage: { buffer: device < 0 ? "cpu" : device, weights: false },
    });
    this.#caches.set(name, made);
    return made;
  }

  /** Token embeddings; the input for ready embeddings is allocated beside them (build_inp_embd). */
  embeddings(): Tensor {
    const { tokens } = this.batch;
    const length = this.input.model.embeddingLength;
    const ids = graphInput("I32", tokens);
    const ready = graphInput("F32", length, tokens);
    const table = this.weight(null, "token_embd", length, this.input.model.vocabularySize);
    const looked = new Tensor("F32", [length, tokens, 1, 1], "GET_ROWS", [table, ids]);
    this.graph.expand(looked);
    this.graph.expand(ready);
    return looked;
  }

  /** RMS norm times its weight (build_norm); `pinned`: the engine names it as a part of its block. */
  norm(
    x: Tensor,
    block: number | null,
    name: string,
    { pinned = block !== null }: { readonly pinned?: boolean } = {},
  ): Tensor {
    const normed = like("RMS_NORM", x);
    const weight = this.optional(block, name);
    if (weight === undefined) return normed;
    if (block !== null && pinned && this.#pinsNorms) {
      const device = this.input.split.blocks[block] ?? -1;
      normed.backend = device < 0 ? this.#deviceCount : device;
    }
    return like("MUL", normed, weight);
  }

  /** A matrix with its scale (build_lora_mm), then its bias. */
  linear(x: Tensor, block: number | null, name: string): Tensor {
    const group = this.input.weights.groups(block).get(name);
    let result = matMul(this.weight(block, name, x.lengths[0], x.lengths[0]), x);
    const scale = this.#row(group?.scale);
    if (scale !== undefined) result = like("MUL", result, scale);
    const bias = this.#row(group?.bias);
    return bias === undefined ? result : like("ADD", result, bias);
  }

  /** Rotates in one matrix of Hadamard (src/llama-impl.h, llama_mul_mat_hadamard). */
  hadamard(x: Tensor, rotation: Tensor): Tensor {
    const side = rotation.lengths[0];
    const rows = x.elements / side;
    const flat = x.isContiguous
      ? reshape(x, side, rows)
      : new Tensor(x.type, [side, rows, 1, 1], "CONT", [x]);
    return reshape(matMul(rotation, flat), ...x.lengths);
  }
}

function stored({ tensor }: WeightRow, buffer: WeightBuffer): Tensor {
  const [a = 1, b = 1, c = 1, d = 1] = tensor.shape;
  return new Tensor(tensor.type, [a, b, c, d], "NONE", [], { storage: { buffer, weights: true } });
}
