import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
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

/** Reads `lan/server.json` of the state folder, or makes it, readable by its user alone. */
export async function openLanKeys(stateDir: string): Promise<LanKeys> {
  const path = join(stateDir, "lan", "server.json");
  const known = await readKept(path);
  const kept = known ?? { seed: secret(), ownKey: secret(), pairings: [] };
  if (known === null) await keep(path, kept);
  const pairings = [...kept.pairings];
  return {
    ownKey: kept.ownKey,
    pairings,
    instanceOf: (serverId) =>
      createHmac("sha256", kept.seed).update(serverId).digest("hex").slice(0, 16),
    add: async (name, pairedAt) => {
      if (pairings.length >= MOST_PAIRINGS) {
        throw new QwqError("saturated", `${MOST_PAIRINGS} clients are paired already`, {
          hint: "Remove some from lan/server.json in the state folder.",
        });
      }
      const pairing = { id: randomBytes(8).toString("hex"), name, key: secret(), pairedAt };
      // Another server of this machine may have paired meanwhile.
      const now = (await readKept(path)) ?? kept;
      await keep(path, { ...now, pairings: [...now.pairings, pairing] });
      pairings.push(pairing);
      return pairing;
    },
  };
}

async function keep(path: string, kept: Kept): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${randomUUID()}`;
  const text = JSON.stringify({ schemaVersion: 1, ...kept }, null, 2);
  await writeFile(part, `${text}\n`, { mode: 0o600 });
  await rename(part, path);
}

async function readKept(path: string): Promise<Kept | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  const value = text === null ? null : parseJson(text);
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
