import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAN_SERVICE, createLanDoor, createPairingCode, openLanKeys } from "@qwq-fit/engine";
import type { MdnsPort, MdnsRecord } from "@qwq-fit/engine";
import { expect, onTestFinished, test } from "vitest";
import { lanOrigin, pairWith } from "./call-lan.ts";
import { lanTargets } from "./lan-targets.ts";
import { keepPaired, readPaired } from "./paired-file.ts";

const INSTANCE = "0123456789abcdef";

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "qwq-fit-house-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

type Answer = (path: string, body: string, key: string) => Promise<Response>;

/** A server on loopback. */
async function listen(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    void textOf(request)
      .then((body) => answer(request.url ?? "", body, request.headers.authorization ?? ""))
      .then(async (told) => response.writeHead(told.status).end(await told.text()));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => server.close().closeAllConnections());
  await once(server, "listening");
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** A server as `serve --lan` makes it, but for its model: it answers with the key that it was sent. */
async function mini(): Promise<{ readonly address: string; readonly code: string }> {
  const code = createPairingCode(() => 0);
  const keys = await openLanKeys(await folder());
  let own = "";
  const door = createLanDoor({
    code,
    keys,
    node: { instance: INSTANCE, name: "mini", model: "Qwen/QwQ-32B", aliases: ["qwq-32b"] },
    isOwnAddress: (address) => address === own,
    now: () => 0,
    onPaired: () => {},
  });
  own = await listen(async (path, body, key) => {
    const request = new Request(`http://${own}${path}`, { method: "POST", body });
    return (await door.answer(request)) ?? Response.json({ path, key });
  });
  return { address: own, code: code.text };
}

/** A house in which these addresses are announced as the same instance. */
function houseOf(addresses: readonly string[]): () => Promise<MdnsPort> {
  const records = addresses.map((address, index): MdnsRecord[] => {
    const [ip = "", port] = address.split(":");
    const name = `s${index}.${LAN_SERVICE}`;
    const data = ["txtvers=1", `id=${INSTANCE}`, "model=m"].map((text) => Buffer.from(text));
    return [
      { type: "PTR", name: LAN_SERVICE, ttl: 120, data: name },
      { type: "SRV", name, ttl: 120, data: { port: Number(port), target: `s${index}.local` } },
      { type: "TXT", name, ttl: 120, data },
      { type: "A", name: `s${index}.local`, ttl: 120, data: ip },
    ];
  });
  return () => {
    let listener: (records: readonly MdnsRecord[]) => void = () => {};
    return Promise.resolve({
      query: () => listener(records.flat()),
      respond: () => Promise.resolve(),
      onQuery: () => {},
      onResponse: (given) => (listener = given),
      close: () => Promise.resolve(),
    });
  };
}

const REQUEST = {
  path: "/chat/completions",
  headers: {},
  body: "{}",
  signal: new AbortController().signal,
};

test("a paired server is a target of the own network, found again where its address has changed", async () => {
  const { address, code } = await mini();
  const stateDir = await folder();
  const paired = await pairWith(await lanOrigin(`http://${address}/v1`), code, "laptop");
  await keepPaired(stateDir, { ...paired, origin: "http://127.0.0.1:9" });
  expect((await stat(join(stateDir, "lan", "paired.json"))).mode & 0o777).toBe(0o600);
  const openMdns = houseOf([address]);
  const [target] = lanTargets({ stateDir, model: "qwq-32b", openMdns });
  expect(target).toMatchObject({
    name: "mini/0123",
    privacy: "own-network",
    model: "Qwen/QwQ-32B",
    models: [{ id: "qwq-32b" }],
  });
  expect(JSON.stringify(target)).not.toContain(paired.key);
  const answer = await target?.transport?.(REQUEST);
  expect(JSON.parse((await answer?.text()) ?? "")).toEqual({
    path: "/v1/chat/completions",
    key: `Bearer ${paired.key}`,
  });
  expect(readPaired(stateDir)).toMatchObject([{ origin: `http://${address}` }]);
  await expect(pairWith(`http://${address}`, code, "other")).rejects.toMatchObject({
    code: "forbidden",
  });
});

test("an impostor that announces the same and passes questions on never gets the key", async () => {
  const { address, code } = await mini();
  const stateDir = await folder();
  const seen: string[] = [];
  const proofs: number[] = [];
  const impostor = await listen(async (path, body, key) => {
    seen.push(path, body, key);
    const asked: unknown = JSON.parse(body);
    // As if it were asked itself: the server's own address in place of the impostor's.
    const passed = JSON.stringify({ ...Object(asked), address });
    const told = await fetch(`http://${address}${path}`, { method: "POST", body: passed });
    proofs.push(told.status);
    return told;
  });
  const paired = await pairWith(`http://${address}`, code, "laptop");
  await keepPaired(stateDir, { ...paired, origin: `http://${impostor}` });
  const [target] = lanTargets({ stateDir, openMdns: houseOf([impostor]) });
  await expect(target?.transport?.(REQUEST)).rejects.toMatchObject({ code: "network" });
  expect(proofs.length).toBeGreaterThan(0);
  expect(proofs.every((status) => status === 200)).toBe(true);
  expect(seen.join()).not.toContain(paired.key);
  expect(seen).not.toContain("/v1/chat/completions");
});

test("what is no address of a server in a house is refused", async () => {
  await expect(lanOrigin("https://mini.example")).rejects.toMatchObject({ code: "usage" });
  await expect(lanOrigin("http://user:word@127.0.0.1")).rejects.toMatchObject({ code: "usage" });
  expect(await lanOrigin("127.0.0.1:8080")).toBe("http://127.0.0.1:8080");
});
