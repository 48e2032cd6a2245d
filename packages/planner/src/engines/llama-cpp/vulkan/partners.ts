import type { Operation, Tensor } from "../ggml/tensor.ts";
import type { NodeWindow } from "./node-window.ts";
import { dependsOn, isEmpty } from "./patterns.ts";

/** How far a partner is looked for. */
const AHEAD = 15;
const OLD_AHEAD = 10;

/** Brings later nodes that run as one with the node at `j` right behind it (ggml_vk_graph_optimize, `current_set`). */
export function pullPartners(
  window: NodeWindow,
  j: number,
  set: number[],
  fusesNorms: boolean,
): void {
  const node = window.nodes[j];
  if (node === undefined) return;
  const pull = (index: number | null): void => {
    if (index === null) return;
    set.push(index);
    window.use(index);
  };
  const find = (test: (later: Tensor) => boolean): number | null => window.find(j, AHEAD, test);
  const consumer = (operation: Operation): number | null =>
    find(
      (later) =>
        later.operation === operation &&
        later.sources[0] === node &&
        window.isReady(later.sources[1]),
    );
  const { operation } = node;
  const previous = window.nodes[j - 1]?.operation;
  let rotation = j;
  if (operation === "MUL" && previous === "RMS_NORM") {
    const found = find(
      (later) =>
        later.operation === "ROPE" &&
        later.sources[0] === node &&
        later.sources.slice(1).every((source) => source.operation === "NONE"),
    );
    pull(found);
    rotation = found ?? j;
  }
  for (const index of storeOf(window, rotation, fusesNorms)) pull(index);
  if (operation === "ADD_ID" && previous === "MUL_MAT_ID") pull(consumer("MUL"));
  if (operation === "ADD" && previous === "MUL_MAT") pull(consumer("ADD"));
  if (operation === "ADD" && previous === "SSM_CONV") {
    pull(find((later) => later.operation === "UNARY" && later.sources[0] === node));
  }
  if (fusesNorms && operation === "UNARY") {
    pull(
      find(
        (later) =>
          later.operation === "MUL" &&
          later.sources.includes(node) &&
          later.sources.every((source) => source === node || window.isReady(source)),
      ),
    );
  }
}

/** View and write with which a rotation's, or a norm's, result goes to the cache. */
function storeOf(window: NodeWindow, rotation: number, fusesNorms: boolean): readonly number[] {
  const node = window.nodes[rotation];
  if (node?.operation !== "ROPE" && !(fusesNorms && node?.operation === "RMS_NORM")) return [];
  const ahead = fusesNorms ? AHEAD : OLD_AHEAD;
  const free = (k: number): boolean => !fusesNorms || !window.isUsed(k);
  const view = window.find(rotation, ahead, (later, k) => {
    return free(k) && later.operation === "VIEW" && later.sources[0] === node;
  });
  if (view === null) return [];
  const shown = window.nodes[view];
  const store = window.find(view, ahead - (view - rotation), (later, k) => {
    return free(k) && later.operation === "SET_ROWS" && later.sources[0] === shown;
  });
  if (store === null || (fusesNorms && !canMoveStore(window, rotation, view, store))) return [];
  return [view, store];
}

/** Nothing else uses the result, and nothing in between must run before the write (ggml.c, ggml_can_fuse_subgraph_ext). */
function canMoveStore(window: NodeWindow, rotation: number, view: number, store: number): boolean {
  const written = window.nodes[store];
  if (written === undefined) return false;
  if (window.nodes[rotation]?.uses !== 1 || window.nodes[view]?.uses !== 1) return false;
  for (let c = rotation + 1; c < store; c += 1) {
    const node = window.nodes[c];
    if (window.isUsed(c) || c === view || node === undefined || isEmpty(node)) continue;
    if (dependsOn(written, node)) return false;
  }
  return true;
}
