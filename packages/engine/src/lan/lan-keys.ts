import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import { isObject, parseJson, stringField } from "@qwq-fit/wire";

/** A client that was paired, and the key that is its alone. */
export interface LanPairing {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly pairedAt: string;
}

/** What a machine keeps of its house. */
export interface LanKeys {
  /** The key that the server made itself, for those who are given no other. */
  readonly ownKey: string;
  /** Who is paired now: what another program has kept or revoked in the file meanwhile counts at once. */
  readonly pairings: readonly LanPairing[];
  /** The announced id of one server of this machine: random, the same after a restart. */
  instanceOf(serverId: string): string;
  /** A new key for a client, kept before it is given away. @throws QwqError `saturated` */
  add(name: string, pairedAt: string): Promise<LanPairing>;
}

interface Kept {
  readonly seed: string;
  readonly ownKey: string;
  readonly pairings: readonly LanPairing[];
}

/** More clients than a house has. */
const MOST_PAIRINGS = 256;

const secret = (): string => randomBytes(32).toString("base64url");

const pathIn = (stateDir: string): string => join(stateDir, "lan", "server.json");

/** Reads `lan/server.json` of the state folder, or makes it, readable by its user alone. */
export async function openLanKeys(stateDir: string): Promise<LanKeys> {
  const path = pathIn(stateDir);
  const known = readKept(path);
  const kept = known ?? { seed: secret(), ownKey: secret(), pairings: [] };
  if (known === null) await keep(path, kept);
  let seen = stampOf(path);
  let pairings = kept.pairings;
  const current = (): readonly LanPairing[] => {
    const stamp = stampOf(path);
    if (stamp !== seen) {
      seen = stamp;
      // A file that is gone or broken pairs nobody.
      pairings = readKept(path)?.pairings ?? [];
    }
    return pairings;
  };
  return {
    ownKey: kept.ownKey,
    get pairings() {
      return current();
    },
    instanceOf: (serverId) =>
      createHmac("sha256", kept.seed).update(serverId).digest("hex").slice(0, 16),
    add: async (name, pairedAt) => {
      if (current().length >= MOST_PAIRINGS) {
        throw new QwqError("saturated", `${MOST_PAIRINGS} clients are paired already`, {
          hint: "Remove some on this machine: qwq-fit pair --revoke NAME.",
        });
      }
      const pairing = { id: randomBytes(8).toString("hex"), name, key: secret(), pairedAt };
      // Another server of this machine may have paired meanwhile.
      const now = readKept(path) ?? kept;
      await keep(path, { ...now, pairings: [...now.pairings, pairing] });
      return pairing;
    },
  };
}

/** The clients that are paired with the servers of this machine; none where there has been none. */
export function listLanPairings(stateDir: string): readonly LanPairing[] {
  return readKept(pathIn(stateDir))?.pairings ?? [];
}

/**
 * Takes a client's key away, by the pairing's id: servers that run refuse it from the next request on. False where there
 * is no such pairing.
 */
export async function revokeLanPairing(stateDir: string, id: string): Promise<boolean> {
  const path = pathIn(stateDir);
  const kept = readKept(path);
  if (kept === null) return false;
  const pairings = kept.pairings.filter((one) => one.id !== id);
  if (pairings.length === kept.pairings.length) return false;
  await keep(path, { ...kept, pairings });
  return true;
}

/** Another after each change: the file is replaced, never written into. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "" : `${stat.ino} ${stat.mtimeNs} ${stat.size}`;
}

async function keep(path: string, kept: Kept): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${randomUUID()}`;
  const text = JSON.stringify({ schemaVersion: 1, ...kept }, null, 2);
  await writeFile(part, `${text}\n`, { mode: 0o600 });
  await rename(part, path);
}

function readKept(path: string): Kept | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const value = parseJson(text);
  if (!isObject(value)) return null;
  const seed = stringField(value, "seed");
  const ownKey = stringField(value, "ownKey");
  const list: unknown = value["pairings"];
  if (!seed || !ownKey || !Array.isArray(list)) return null;
  return { seed, ownKey, pairings: list.flatMap(pairingOf) };
}

function pairingOf(value: unknown): LanPairing[] {
  if (!isObject(value)) return [];
  const [id, name, key, pairedAt] = ["id", "name", "key", "pairedAt"].map((field) =>
    stringField(value, field),
  );
  if (!id || name === undefined || !key || pairedAt === undefined) return [];
  return [{ id, name, key, pairedAt }];
}
