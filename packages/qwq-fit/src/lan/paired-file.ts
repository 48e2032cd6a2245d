import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LanNode } from "@qwq-fit/engine";
import { isObject, parseJson, stringField } from "@qwq-fit/wire";

/** A server in the house that this machine was paired with. */
export interface PairedNode extends LanNode {
  /** The pairing's id at the server. */
  readonly id: string;
  readonly key: string;
  /** Where it was last: "http://192.168.1.5:8080". */
  readonly origin: string;
}

function pathOf(stateDir: string): string {
  return join(stateDir, "lan", "paired.json");
}

/** The servers that this machine was paired with; none where nothing can be read. */
export function readPaired(stateDir: string): PairedNode[] {
  let text: string;
  try {
    text = readFileSync(pathOf(stateDir), "utf8");
  } catch {
    return [];
  }
  const value = parseJson(text);
  const list: unknown = isObject(value) ? value["nodes"] : null;
  return Array.isArray(list) ? list.flatMap(pairedOf) : [];
}

/** Keeps a pairing, readable by its user alone; an older one with the same server is replaced. */
export async function keepPaired(stateDir: string, node: PairedNode): Promise<void> {
  const path = pathOf(stateDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const others = readPaired(stateDir).filter(({ instance }) => instance !== node.instance);
  const part = `${path}.${randomUUID()}`;
  const text = JSON.stringify({ schemaVersion: 1, nodes: [...others, node] }, null, 2);
  await writeFile(part, `${text}\n`, { mode: 0o600 });
  await rename(part, path);
}

function pairedOf(value: unknown): PairedNode[] {
  const node = lanNodeOf(value);
  if (node === null || !isObject(value)) return [];
  const [id, key, origin] = ["id", "key", "origin"].map((field) => stringField(value, field));
  return id && key && origin ? [{ ...node, id, key, origin }] : [];
}

/** What a server says of itself; null where it is not whole. */
export function lanNodeOf(value: unknown): LanNode | null {
  if (!isObject(value)) return null;
  const [instance, name, model] = ["instance", "name", "model"].map((field) =>
    stringField(value, field),
  );
  const aliases: unknown = value["aliases"];
  if (!instance || name === undefined || !model || !Array.isArray(aliases)) return null;
  const names = aliases.filter((alias) => typeof alias === "string").slice(0, 64);
  return { instance, name, model, aliases: names };
}
