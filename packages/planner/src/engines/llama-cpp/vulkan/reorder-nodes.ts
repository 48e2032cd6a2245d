import type { ReorderedNodes } from "../ggml/scheduler-backend.ts";
import type { Tensor } from "../ggml/tensor.ts";
import { NodeWindow } from "./node-window.ts";
import { pullPartners } from "./partners.ts";
import { EXPERT_PATTERNS, isEmpty, isPair, NORM_PATTERNS, type Pattern } from "./patterns.ts";

/** How many nodes ahead are looked at (`NUM_TO_CHECK`). */
const AHEAD = 20;

/**
 * The order in which the Vulkan backend runs the nodes of one split, so that kernels overlap: it moves
 * independent nodes forward and keeps what it runs as one together, which changes what is alive at once
 * (llama.cpp v0.5.0 ggml/src/ggml-vulkan/ggml-vulkan.cpp, ggml_vk_graph_optimize).
 *
 * @param fusesNorms v0.5.0 keeps norms and rotations together and the inputs of expert choices alive; v0.4.0 did not.
 */
export function reorderNodes(nodes: readonly Tensor[], fusesNorms: boolean): ReorderedNodes {
  const window = new NodeWindow(nodes);
  const norms = fusesNorms ? NORM_PATTERNS : [];
  const order: Tensor[] = [];
  const keep = new Map<Tensor, Tensor[]>();
  while (window.first < nodes.length) {
    const { first } = window;
    const experts = EXPERT_PATTERNS.find((pattern) => window.matches(pattern, first));
    if (experts !== undefined && fusesNorms) keepInputs(window, experts, keep);
    const pattern = experts ?? norms.find((candidate) => window.matches(candidate, first));
    const set =
      pattern === undefined ? nextSet(window, norms, fusesNorms) : pattern.map((_, i) => first + i);
    for (const index of set) {
      const node = nodes[index];
      if (node !== undefined) order.push(node);
      window.place(index);
    }
  }
  return { nodes: order, keep };
}

/** Outside inputs of a choice of experts stay alive to its end, or to a scale behind it. */
function keepInputs(window: NodeWindow, pattern: Pattern, keep: Map<Tensor, Tensor[]>): void {
  const end = window.first + pattern.length;
  const until = window.nodes[window.is(end, "SCALE") ? end : end - 1];
  if (until === undefined) return;
  const seen = new Set<Tensor>();
  const kept = keep.get(until) ?? [];
  for (const node of window.nodes.slice(window.first, end)) {
    for (const source of node.sources) {
      if (!seen.has(source) && !kept.includes(source)) kept.push(source);
      seen.add(source);
    }
    seen.add(node);
  }
  keep.set(until, kept);
}

/** The next node, all later ones that can run beside it, then the views of these. */
function nextSet(
  window: NodeWindow,
  norms: readonly Pattern[],
  fusesNorms: boolean,
): readonly number[] {
  const { first, nodes } = window;
  const end = Math.min(first + AHEAD, nodes.length);
  const set = [first];
  const patterns = [...EXPERT_PATTERNS, ...norms];
  for (let j = first + 1; j < end; j += 1) {
    const node = nodes[j];
    if (node === undefined || window.isUsed(j) || isEmpty(node)) continue;
    if (patterns.some((pattern) => window.matches(pattern, j))) continue;
    if (!canJoin(window, node, j, set, fusesNorms)) continue;
    set.push(j);
    pullPartners(window, j, set, fusesNorms);
  }
  if (nodes[set.at(-1) ?? first]?.operation === "ADD") return set;
  for (let j = first + 1; j < end; j += 1) {
    const node = nodes[j];
    if (node === undefined || window.isUsed(j) || !isEmpty(node)) continue;
    if (window.needs(j, (c) => set.includes(c))) set.push(j);
  }
  return set;
}

/** Whether nothing without a place must run before it, but what it runs as one with. */
function canJoin(
  window: NodeWindow,
  node: Tensor,
  j: number,
  set: readonly number[],
  fusesNorms: boolean,
): boolean {
  return window.needs(j, (c) => {
    const earlier = window.nodes[c];
    if (earlier === undefined || c !== set.at(-1)) return false;
    if (j === c + 1 && isPair(earlier, node)) return true;
    if (node.operation !== "MUL") return false;
    if (!fusesNorms) return earlier.operation === "RMS_NORM" && j === c + 1;
    const fused = earlier.operation === "RMS_NORM" || earlier.operation === "UNARY";
    return fused && window.onlyEmptyBetween(c + 1, j);
  });
}
