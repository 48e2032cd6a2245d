import { QwqError } from "@qwq-fit/schema";
import type { ComputeGraph } from "../ggml/compute-graph.ts";
import { buildDenseTransformer } from "./dense-transformer.ts";
import { buildHybridTransformer } from "./hybrid-transformer.ts";
import { buildLatentTransformer } from "./latent-transformer.ts";
import { buildGemma, buildGptOss } from "./windowed-transformer.ts";
import { GraphBuilder } from "./graph-builder.ts";
import type { GraphBatch, GraphInput } from "./graph-input.ts";

const BUILDERS: Readonly<Record<string, (builder: GraphBuilder) => void>> = {
  qwen2: buildDenseTransformer,
  qwen3: buildDenseTransformer,
  qwen3moe: buildDenseTransformer,
  llama: buildDenseTransformer,
  qwen2moe: buildDenseTransformer,
  gemma3: buildGemma,
  "gpt-oss": buildGptOss,
  deepseek2: buildLatentTransformer,
  qwen35: buildHybridTransformer,
  qwen35moe: buildHybridTransformer,
};

/** The engine's compute graph for a batch. @throws QwqError `unsupported_model` for an unknown architecture. */
export function buildGraph(
  input: GraphInput,
  batch: GraphBatch,
  deviceCount: number,
): ComputeGraph {
  const build = BUILDERS[input.model.architecture];
  if (build === undefined) {
    throw new QwqError(
      "unsupported_model",
      `the memory rules do not know the architecture "${input.model.architecture}"`,
    );
  }
  const builder = new GraphBuilder(input, batch, deviceCount);
  build(builder);
  return builder.graph;
}
