import type { ContextParameters } from "./context-parameters.ts";
import type { DeviceRules } from "./device-rules.ts";
import { computeBuffers, schedulerBackends } from "./backends.ts";
import { reserveGraphs } from "./ggml/reserve.ts";
import { buildGraph } from "./graph/build-graph.ts";
import type { GraphBatch, GraphInput } from "./graph/graph-input.ts";

/**
 * Bytes of each compute buffer, devices first, the host last: the peaks of the graph for a full
 * batch and of the graph for one token of each sequence (llama.cpp v0.5.0 src/llama-context.cpp,
 * llama_context::sched_reserve and graph_reserve).
 */
export function computeBytes(
  input: GraphInput,
  devices: readonly DeviceRules[],
  copies: number,
): readonly number[] {
  const { context } = input;
  const full: GraphBatch = fullBatch(context);
  const single: GraphBatch = { tokens: context.sequences, outputs: context.sequences };
  const graphs = [full, single].map((batch) => buildGraph(input, batch, devices.length));
  // the full batch is reserved again at the end
  return reserveGraphs(graphs, [0, 1, 0], {
    backends: schedulerBackends(devices),
    rules: computeBuffers(devices),
    copies,
  });
}

function fullBatch(context: ContextParameters): GraphBatch {
  const tokens = Math.min(context.contextCells, context.microBatchTokens);
  const { sequences } = context;
  return {
    tokens: Math.ceil(tokens / sequences) * sequences,
    outputs: Math.min(tokens, context.outputs),
  };
}
