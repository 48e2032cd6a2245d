import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import {
  type JoinedNode,
  NO_NODES,
  type Registry,
  type RegistryState,
  withChange,
  withCode,
  withNode,
  withoutNode,
} from "../../tunnel/registry.ts";
import { createUsedTokens, type UsedToken } from "../../tunnel/used-tokens.ts";

/** A registry of this process; what must outlive it is in a file, where one is named. */
export interface FileRegistry extends Registry {
  /** What is known of a node now: not kept in the file. Does nothing for a node that is not there. */
  saw(id: string, change: Partial<Pick<JoinedNode, "connected" | "seenMs" | "hello">>): void;
  has(id: string): boolean;
  /** Takes a node's token, kept before this resolves; false where it was used before, by whichever process. */
  useToken(id: string, expiresMs: number): Promise<boolean>;
}

/** Opens the registry. @throws {QwqError} `invalid_configuration` where the file holds something else */
export async function openFileRegistry(path: string | null): Promise<FileRegistry> {
  const kept = path === null ? { state: NO_NODES, used: [] } : await readKept(path);
  let { state } = kept;
  const used = createUsedTokens(Date.now, kept.used);
  let saving: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  /** What waits to be written is written together. */
  const save = (): Promise<void> => {
    if (path === null) return Promise.resolve();
    next ??= saving
      .catch(() => undefined)
      .then(() => {
        next = null;
        saving = writeState(path, state, used.list());
        return saving;
      });
    return next;
  };
  const change = async (changed: RegistryState): Promise<boolean> => {
    if (changed === state) return false;
    state = changed;
    await save();
    return true;
  };
  return {
    addCode: async (hash, nowMs) => {
      await change(withCode(state, hash, nowMs));
    },
    enrol: async (hash, wanted, nowMs) => {
      const made = withNode(state, hash, wanted, nowMs);
      await change(made.state);
      return made.node;
    },
    list: () => Promise.resolve(state.nodes),
    drain: (id, on) => change(withChange(state, id, { drained: on })),
    remove: (id) => change(withoutNode(state, id)),
    has: (id) => state.nodes.some((node) => node.id === id),
    saw: (id, seen) => {
      state = withChange(state, id, seen);
    },
    useToken: async (id, expiresMs) => {
      if (!used.use(id, expiresMs)) return false;
      await save();
      return true;
    },
  };
}

interface Kept {
  readonly state: RegistryState;
  readonly used: readonly UsedToken[];
}

async function readKept(path: string): Promise<Kept> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return { state: NO_NODES, used: [] };
  try {
    const value: unknown = JSON.parse(text);
    const codes: unknown = Reflect.get(Object(value), "codes");
    const nodes: unknown = Reflect.get(Object(value), "nodes");
    const used: unknown = Reflect.get(Object(value), "used") ?? [];
    if (!Array.isArray(codes) || !Array.isArray(nodes) || !Array.isArray(used)) {
      throw new Error("no registry");
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by us, of the user alone
    const known = value as RegistryState;
    return {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
      used: used as readonly UsedToken[],
      state: {
        codes: known.codes,
        nodes: known.nodes.map((node) => ({
          ...node,
          connected: false,
          seenMs: null,
          hello: null,
        })),
      },
    };
  } catch (error) {
    throw new QwqError("invalid_configuration", `${path} holds no registry of nodes`, {
      cause: error,
      hint: "Move it away; its nodes then join anew.",
    });
  }
}

async function writeState(
  path: string,
  { codes, nodes }: RegistryState,
  used: readonly UsedToken[],
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const kept = nodes.map(({ id, name, enrolledMs, drained }) => ({
    id,
    name,
    enrolledMs,
    drained,
  }));
  const part = `${path}.${randomUUID()}`;
  const text = JSON.stringify({ schemaVersion: 1, codes, nodes: kept, used }, null, 2);
  await writeFile(part, `${text}\n`, { mode: 0o600 });
  await rename(part, path);
}
