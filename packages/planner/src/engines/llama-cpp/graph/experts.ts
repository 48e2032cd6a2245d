import type { ModelProfile } from "@qwq-fit/schema";

import {
  argsortTop,
  cont,
  gated,
  getRows,
  like,
  matMulById,
  reshape,
  setRows,
  sumRows,
  view,
} from "../ggml/operations.ts";
import type { Tensor } from "../ggml/tensor.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** How an architecture chooses and weighs its experts. */
export interface ExpertOptions {
  readonly count: number;
  readonly used: number;
  /** Groups of which a few are chosen first; 1 for none. */
  readonly groups: number;
  readonly groupsUsed: number;
  /** Late: of the chosen experts alone. */
  readonly probabilities: "softmax" | "sigmoid" | "late-softmax";
  /** Weights of the chosen add up to one. */
  readonly normalizes: boolean;
  readonly scales: boolean;
}

/** llama.h, LLAMA_EXPERT_GATING_FUNC_TYPE_SIGMOID. */
const SIGMOID = 2;
/** Architectures that always normalize (src/models/<architecture>.cpp, the argument norm_w of build_moe_ffn). */
const NORMALIZING: ReadonlySet<string> = new Set(["qwen3moe", "qwen35moe", "qwen3next", "llama"]);

export function expertOptions({
  architecture,
  experts,
  hyperparameters,
}: ModelProfile): ExpertOptions {
  const number = (key: string, fallback: number): number => {
    const value = hyperparameters[key];
    return typeof value === "number" ? value : fallback;
  };
  const scale = number("expert_weights_scale", 0);
  return {
    count: experts?.count ?? 1,
    used: experts?.usedPerToken ?? 1,
    groups: number("expert_group_count", 1),
    groupsUsed: number("expert_group_used_count", 1),
    probabilities: probabilitiesOf(architecture, number("expert_gating_func", 1)),
    normalizes: NORMALIZING.has(architecture) || hyperparameters["expert_weights_norm"] === true,
    scales: scale !== 0 && scale !== 1,
  };
}

function probabilitiesOf(architecture: string, gating: number): ExpertOptions["probabilities"] {
  if (architecture === "gpt-oss") return "late-softmax";
  return gating === SIGMOID ? "sigmoid" : "softmax";
}

/** A choice of experts for each token, and the sum of what they say (src/llama-graph.cpp, build_moe_ffn). */
export function routedExperts(
  builder: GraphBuilder,
  block: number,
  x: Tensor,
  options: ExpertOptions,
): Tensor {
  const { graph } = builder;
  const [length, tokens] = x.lengths;
  const { chosen, weights } = chooseExperts(builder, block, x, options);
  // early, so that a backend can run the whole choice as one
  graph.expand(weights);
  const rows = reshape(x, length, 1, tokens);
  const mixed = gatedExperts(builder, block, rows, chosen);
  const answers = like("MUL", answerOf(builder, block, "down", mixed, chosen), weights);
  graph.expand(answers);
  const parts = Array.from({ length: options.used }, () => {
    const part = view(answers, [length, tokens], [answers.strides[2]]);
    graph.expand(part);
    return part;
  });
  const [first, ...others] = parts;
  if (first === undefined) return answers;
  if (others.length === 0) return cont(first);
  return others.reduce((sum, part) => {
    const next = like("ADD", sum, part);
    graph.expand(next);
    return next;
  }, first);
}

/** One matrix of each chosen expert, with its bias. */
function answerOf(
  builder: GraphBuilder,
  block: number,
  part: "up" | "gate" | "down",
  x: Tensor,
  chosen: Tensor,
): Tensor {
  const { embeddingLength } = builder.input.model;
  const name = `ffn_${part}_exps`;
  const matrix = builder.weight(block, name, embeddingLength, embeddingLength);
  const answer = matMulById(matrix, x, chosen);
  const bias = builder.bias(block, name);
  return bias === undefined ? answer : like("ADD_ID", answer, bias, chosen);
}

/** Gate and up of all chosen experts, from one matrix or from two. */
function gatedExperts(builder: GraphBuilder, block: number, rows: Tensor, chosen: Tensor): Tensor {
  const both = builder.optional(block, "ffn_gate_up_exps");
  if (both === undefined) {
    const up = answerOf(builder, block, "up", rows, chosen);
    return gated(answerOf(builder, block, "gate", rows, chosen), up);
  }
  const joined = matMulById(both, rows, chosen);
  const [twice, used, tokens] = joined.lengths;
  const half = (): Tensor =>
    view(joined, [twice / 2, used, tokens], [joined.strides[1], joined.strides[2]]);
  return gated(half(), half());
}

interface Choice {
  /** Indexes of the chosen experts: used × tokens. */
  readonly chosen: Tensor;
  /** Their weights: 1 × used × tokens. */
  readonly weights: Tensor;
}

function chooseExperts(
  builder: GraphBuilder,
  block: number,
  x: Tensor,
  options: ExpertOptions,
): Choice {
  const { count, used } = options;
  const [, tokens] = x.lengths;
  const logits = builder.linear(x, block, "ffn_gate_inp");
  const probabilities = probable(logits, options);
  const bias = builder.bias(block, "exp_probs_b");
  let selection = bias === undefined ? probabilities : like("ADD", probabilities, bias);
  if (options.groups > 1) selection = chosenGroups(selection, options, tokens);
  const chosen = argsortTop(selection, used);
  let weights = getRows(reshape(probabilities, 1, count, tokens), chosen);
  if (options.probabilities === "late-softmax") {
    weights = reshape(like("SOFT_MAX", reshape(weights, used, tokens)), 1, used, tokens);
  }
  if (options.normalizes) {
    const flat = reshape(weights, used, tokens);
    weights = reshape(like("DIV", flat, like("CLAMP", sumRows(flat))), 1, used, tokens);
  }
  return { chosen, weights: options.scales ? like("SCALE", weights) : weights };
}

function probable(logits: Tensor, { probabilities }: ExpertOptions): Tensor {
  if (probabilities === "late-softmax") return logits;
  return like(probabilities === "softmax" ? "SOFT_MAX" : "UNARY", logits);
}

/** Probabilities with those of all groups but the best masked out. */
function chosenGroups(selection: Tensor, options: ExpertOptions, tokens: number): Tensor {
  const { count, groups, groupsUsed } = options;
  const each = count / groups;
  const grouped = reshape(selection, each, groups, tokens);
  const best = argsortTop(grouped, 2);
  let scores = getRows(reshape(grouped, 1, each, groups, tokens), best);
  const [, s1, s2, s3] = scores.lengths;
  scores = sumRows(reshape(scores, s1, s2, s3));
  scores = reshape(scores, scores.lengths[1], scores.lengths[2]);
  const chosen = argsortTop(scores, groupsUsed);
  const kept = getRows(grouped, chosen);
  return reshape(setRows(like("FILL", grouped), kept, chosen), count, tokens);
}
