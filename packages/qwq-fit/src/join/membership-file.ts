import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Membership } from "@qwq-fit/tunnel/node";

/** Where a machine keeps that it belongs to a router. */
function pathOf(stateDir: string, router: string): string {
  const { host } = new URL(router);
  return join(stateDir, "memberships", `${host.replaceAll(/[^\w.-]/gu, "_")}.json`);
}

function field(of: unknown, key: string): string {
  const found: unknown = Reflect.get(Object(of), key);
  if (typeof found !== "string" || found === "") throw new Error(key);
  return found;
}

/** The membership that was kept; null where there is none that can be read. */
export async function readMembership(stateDir: string, router: string): Promise<Membership | null> {
  const text = await readFile(pathOf(stateDir, router), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    const keys: unknown = Reflect.get(Object(value), "keys");
    const publicKey: unknown = Reflect.get(Object(keys), "publicKey");
    return {
      router,
      id: field(value, "id"),
      name: field(value, "name"),
      certificate: field(value, "certificate"),
      keys: {
        publicKey: { x: field(publicKey, "x"), y: field(publicKey, "y") },
        privateKey: field(keys, "privateKey"),
      },
    };
  } catch {
    return null;
  }
}

/** Keeps a membership, readable by its user alone. */
export async function keepMembership(stateDir: string, membership: Membership): Promise<void> {
  const path = pathOf(stateDir, membership.router);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${randomUUID()}`;
  const text = JSON.stringify({ schemaVersion: 1, ...membership }, null, 2);
  await writeFile(part, `${text}\n`, { mode: 0o600 });
  await rename(part, path);
}
