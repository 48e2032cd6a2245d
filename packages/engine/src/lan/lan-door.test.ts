import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isObject } from "@qwq-fit/wire";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLanDoor } from "./lan-door.ts";
import type { LanDoor } from "./lan-door.ts";
import { listLanPairings, openLanKeys, revokeLanPairing } from "./lan-keys.ts";
import type { LanKeys } from "./lan-keys.ts";
import { isLanProof } from "./lan-proof.ts";
import { createPairingCode } from "./pairing-code.ts";

const ADDRESS = "192.168.1.5:8080";
const NONCE = "n".repeat(24);
const NODE = { instance: "0123456789abcdef", name: "mini", model: "qwq-32b", aliases: [] };

interface Opened {
  readonly door: LanDoor;
  readonly code: string;
  readonly dir: string;
  readonly keys: LanKeys;
  readonly paired: string[];
}

async function open(): Promise<Opened> {
  const dir = await mkdtemp(join(tmpdir(), "qwq-fit-lan-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const keys = await openLanKeys(dir);
  const code = createPairingCode(() => 0);
  const paired: string[] = [];
  const door = createLanDoor({
    code,
    keys,
    node: NODE,
    isOwnAddress: (address) => address === ADDRESS,
    now: () => 0,
    onPaired: ({ key }) => paired.push(key),
  });
  return { door, code: code.text, dir, keys, paired };
}

async function post(
  { door }: Opened,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; value: Record<string, unknown> }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const init = { method: "POST", body: text, headers };
  const response = await door.answer(new Request(`http://${ADDRESS}/lan/${path}`, init));
  const value: unknown = await response?.json();
  return { status: response?.status ?? 0, value: isObject(value) ? { ...value } : {} };
}

describe("pairing", () => {
  test("gives a key of its own, kept for the user alone, once", async () => {
    const opened = await open();
    const { status, value } = await post(opened, "pair", {
      code: opened.code,
      name: "lap\u001Btop",
    });
    expect([status, value["node"]]).toEqual([200, NODE]);
    expect(opened.paired).toEqual([value["key"]]);
    const path = join(opened.dir, "lan", "server.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain(opened.code);
    const again = await openLanKeys(opened.dir);
    expect(again.pairings).toMatchObject([{ name: "laptop", key: value["key"] }]);
    expect(again.ownKey).toBe(opened.keys.ownKey);
    expect(again.instanceOf("a")).toBe(opened.keys.instanceOf("a"));
    expect(again.instanceOf("a")).not.toBe(again.instanceOf("b"));
    expect((await post(opened, "pair", { code: opened.code, name: "other" })).status).toBe(403);
    expect(opened.paired).toHaveLength(1);
  });

  test("that is revoked by another program is unknown at once, here and after a restart", async () => {
    const opened = await open();
    const { value } = await post(opened, "pair", { code: opened.code, name: "laptop" });
    const id = String(value["id"]);
    expect(opened.keys.pairings.map((one) => one.id)).toEqual([id]);
    expect(await revokeLanPairing(opened.dir, "other")).toBe(false);
    expect(opened.keys.pairings).toHaveLength(1);
    expect(await revokeLanPairing(opened.dir, id)).toBe(true);
    expect(opened.keys.pairings).toEqual([]);
    expect(listLanPairings(opened.dir)).toEqual([]);
    expect((await openLanKeys(opened.dir)).pairings).toEqual([]);
    const asked = { id, nonce: NONCE, address: ADDRESS };
    expect((await post(opened, "proof", asked)).status).toBe(401);
    await rm(join(opened.dir, "lan", "server.json"));
    expect(await revokeLanPairing(opened.dir, id)).toBe(false);
  });

  test("with a wrong code gives nothing, and after five not even with the right one", async () => {
    const opened = await open();
    for (let tries = 0; tries < 5; tries += 1) {
      // In turn: each try counts.
      // oxlint-disable-next-line no-await-in-loop
      expect((await post(opened, "pair", { code: "wrong", name: "x" })).status).toBe(401);
    }
    expect((await post(opened, "pair", { code: opened.code, name: "x" })).status).toBe(403);
    expect(opened.paired).toEqual([]);
  });

  test("is limited, and not for web pages, odd bodies and other paths", async () => {
    const opened = await open();
    const origin = { origin: "https://evil.example" };
    const body = { code: opened.code, name: "x" };
    expect((await post(opened, "pair", body, origin)).status).toBe(403);
    expect((await post(opened, "pair", "[]")).status).toBe(400);
    expect((await post(opened, "pair", "x".repeat(5000))).status).toBe(413);
    expect((await post(opened, "other", {})).status).toBe(404);
    expect(opened.door.answer(new Request(`http://${ADDRESS}/v1/models`))).toBeNull();
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await post(opened, "pair", "{")).status),
    );
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect((await post(opened, "pair", body)).status).toBe(429);
  });
});

test("a proof is of the key, for the address that is the server's own alone", async () => {
  const opened = await open();
  const { value } = await post(opened, "pair", { code: opened.code, name: "x" });
  const { id, key } = value;
  const proved = await post(opened, "proof", { id, nonce: NONCE, address: ADDRESS });
  expect(proved.status).toBe(200);
  const proof = String(proved.value["proof"]);
  expect(isLanProof(proof, String(key), NONCE, ADDRESS)).toBe(true);
  expect(isLanProof(proof, String(key), NONCE, "192.168.1.66:8080")).toBe(false);
  expect(isLanProof(proof, "other", NONCE, ADDRESS)).toBe(false);
  const relayed = { id, nonce: NONCE, address: "192.168.1.66:8080" };
  expect((await post(opened, "proof", relayed)).status).toBe(403);
  const unknown = { id: "0", nonce: NONCE, address: ADDRESS };
  expect((await post(opened, "proof", unknown)).status).toBe(401);
  expect((await post(opened, "proof", { id, nonce: "", address: ADDRESS })).status).toBe(400);
});
