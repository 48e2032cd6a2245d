import type { NodeHello } from "@qwq-fit/tunnel";

/** A machine that has joined. Plain JSON, so that any store can keep it. */
export interface JoinedNode {
  readonly id: string;
  readonly name: string;
  readonly enrolledMs: number;
  /** Left out of new choices until it is let in again. */
  readonly drained: boolean;
  /** Whether a connection of it stands and takes requests. */
  readonly connected: boolean;
  /** When it was last heard, epoch ms; null for never. */
  readonly seenMs: number | null;
  /** What it said of itself last. */
  readonly hello: NodeHello | null;
}

/** Who may join and who has. */
export interface RegistryState {
  /** Hashes of the codes that are out. */
  readonly codes: readonly { readonly hash: string; readonly expiresMs: number }[];
  readonly nodes: readonly JoinedNode[];
}

/** Where the registry is kept: a file, a Durable Object, memory. Each call is whole before the next begins. */
export interface Registry {
  addCode(hash: string, nowMs: number): Promise<void>;
  /** Takes a code for a node of about this name; null where there is no such code (any more). */
  enrol(hash: string, wanted: WantedNode, nowMs: number): Promise<JoinedNode | null>;
  list(): Promise<readonly JoinedNode[]>;
  /** False where there is no such node. */
  drain(id: string, on: boolean): Promise<boolean>;
  remove(id: string): Promise<boolean>;
}

export interface WantedNode {
  readonly id: string;
  readonly name: string;
  /** Names that are used elsewhere. */
  readonly taken: readonly string[];
}

/** How long a code is good, ms. */
export const CODE_MS: number = 10 * 60_000;
const MOST_CODES = 100;
const MOST_NODES = 1000;

export const NO_NODES: RegistryState = { codes: [], nodes: [] };

/** The state with one more code; those that are over, and the oldest beyond a hundred, are dropped. */
export function withCode(state: RegistryState, hash: string, nowMs: number): RegistryState {
  const alive = state.codes.filter((code) => code.expiresMs > nowMs);
  return { ...state, codes: [...alive, { hash, expiresMs: nowMs + CODE_MS }].slice(-MOST_CODES) };
}

/** A name of letters, digits, dot, dash and underscore that nobody has. */
function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const plain =
    wanted
      .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 56) || "node";
  for (let i = 1; ; i++) {
    const name = i === 1 ? plain : `${plain}-${i}`;
    if (!taken.has(name)) return name;
  }
}

/** What changed from one state to the next, for a store that keeps each node apart. */
export interface RegistryChange {
  readonly codes: RegistryState["codes"] | null;
  readonly put: readonly JoinedNode[];
  readonly removed: readonly string[];
}

/** The difference of two states, by identity: states are never changed in place. */
export function changeBetween(before: RegistryState, after: RegistryState): RegistryChange {
  const known = new Set(before.nodes);
  const left = new Set(after.nodes.map((node) => node.id));
  return {
    codes: before.codes === after.codes ? null : after.codes,
    put: after.nodes.filter((node) => !known.has(node)),
    removed: before.nodes.flatMap(({ id }) => (left.has(id) ? [] : [id])),
  };
}

/** Takes a code: it is good once. */
export function withNode(
  state: RegistryState,
  hash: string,
  { id, name, taken }: WantedNode,
  nowMs: number,
): { readonly state: RegistryState; readonly node: JoinedNode | null } {
  const code = state.codes.find((one) => one.hash === hash);
  const codes = state.codes.filter((one) => one !== code && one.expiresMs > nowMs);
  if (code === undefined || code.expiresMs <= nowMs || state.nodes.length >= MOST_NODES) {
    return { state: { ...state, codes }, node: null };
  }
  const names = new Set([...taken, ...state.nodes.map((one) => one.name)]);
  const node: JoinedNode = {
    id,
    name: freeName(name, names),
    enrolledMs: nowMs,
    drained: false,
    connected: false,
    seenMs: null,
    hello: null,
  };
  return { state: { codes, nodes: [...state.nodes, node] }, node };
}

/** The state with one node changed; the same state where there is none. */
export function withChange(
  state: RegistryState,
  id: string,
  change: Partial<Pick<JoinedNode, "drained" | "connected" | "seenMs" | "hello">>,
): RegistryState {
  if (!state.nodes.some((node) => node.id === id)) return state;
  return {
    ...state,
    nodes: state.nodes.map((node) => (node.id === id ? { ...node, ...change } : node)),
  };
}

/** The state without a node: its certificate is worth nothing from now on. */
export function withoutNode(state: RegistryState, id: string): RegistryState {
  const nodes = state.nodes.filter((node) => node.id !== id);
  return nodes.length === state.nodes.length ? state : { ...state, nodes };
}
