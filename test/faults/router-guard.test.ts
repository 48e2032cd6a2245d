import { createServer, type IncomingMessage, type Server } from "node:http";
import { createRouter, hashSecret, type LogRecord, readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { afterEach, describe, expect, test } from "vitest";
import { testPorts } from "../support/router-ports.ts";

const SECRET = "canarykey".padEnd(40, "A");
const KEY = `qf_caller1_${SECRET}`;
const CANARIES = [SECRET, "canary-pepper", "canary-node-key", "canary-prompt", "canary-answer"];
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answer = { status: number; headers?: Record<string, string>; body?: string };

/** A node that gives one answer; what it was asked is kept. */
async function nodeOf(answer: Answer, seen: IncomingMessage[] = []): Promise<string> {
  const server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body ?? "");
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/v1`;
}

const configOver = async (url: string) =>
  readConfig({
    nodes: [{ name: "node0", url, keySecret: "NODE_KEY", models: [{ id: "m" }] }],
    keys: [
      {
        id: "caller1",
        hashes: [await hashSecret("canary-pepper", SECRET)],
        scopes: ["inference", "metrics"],
      },
    ],
  });
const SECRETS = { QWQ_PEPPER: "canary-pepper", NODE_KEY: "canary-node-key" };
const chat = JSON.stringify({ model: "m", messages: [{ role: "user", content: "canary-prompt" }] });
const asked = (path = "/v1/chat/completions", body = chat, more = {}) =>
  new Request(`http://router.test${path}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...more },
  });
const completion = JSON.stringify({
  id: "x",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "fine" }, finish_reason: "stop" }],
});

test("no secret, prompt or node's text is in any sink, whatever happens", async () => {
  const sinks: string[] = [];
  for (const answer of [
    { status: 200, headers: { "content-type": "application/json" }, body: completion },
    { status: 500, body: "canary-answer canary-node-key" },
    { status: 400, body: '{"error":{"message":"canary-answer: canary-prompt"}}' },
    { status: 401, body: '{"error":{"message":"bad key canary-node-key"}}' },
    { status: 200, body: "canary-answer" },
  ]) {
    const log: LogRecord[] = [];
    const spans: unknown[] = [];
    const router = createRouter(await configOver(await nodeOf(answer)), {
      ...testPorts(SECRETS, log),
      trace: (some) => spans.push(...some),
    });
    for (const request of [
      asked(),
      asked("/v1/chat/completions", chat.replace("{", '{"stream":true,')),
      asked("/v1/route/explain"),
      asked("/v1/chat/completions", `${chat}canary-prompt`),
      asked("/v1/chat/completions", chat, { authorization: `Bearer ${KEY}B` }),
    ]) {
      const response = await router.fetch(request);
      sinks.push(JSON.stringify([...response.headers]), await response.text());
    }
    const metrics = await router.fetch(
      new Request("http://router.test/metrics", { headers: { authorization: `Bearer ${KEY}` } }),
    );
    sinks.push(await metrics.text(), JSON.stringify(log), JSON.stringify(spans));
    expect(log.length).toBeGreaterThan(0);
    expect(spans.length).toBeGreaterThan(1);
  }
  for (const canary of CANARIES) expect(sinks.join("\n")).not.toContain(canary);
});

test("a redirect is not followed, and a node's own headers stay behind", async () => {
  const elsewhere: IncomingMessage[] = [];
  const target = await nodeOf({ status: 200, body: completion }, elsewhere);
  const redirecting = await nodeOf({ status: 307, headers: { location: target } });
  const talkative = await nodeOf({
    status: 200,
    headers: { "content-type": "application/json", "set-cookie": "a=b", "x-internal": "host7" },
    body: completion,
  });
  for (const [url, status] of [
    [redirecting, 502],
    [talkative, 200],
  ] as const) {
    const running = await serveRouter({
      config: await configOver(url),
      host: "127.0.0.1",
      port: 0,
      environment: SECRETS,
      log: () => undefined,
    });
    const response = await fetch(`${running.url}/v1/chat/completions`, {
      method: "POST",
      body: chat,
      headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    });
    expect(response.status).toBe(status);
    expect([...response.headers.keys()].filter((name) => /cookie|internal/.test(name))).toEqual([]);
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await response.text();
    await running.close(0);
  }
  expect(elsewhere).toEqual([]);
});

test("a fault of our own is a 500 without its text, never a 401", async () => {
  const config = await configOver(await nodeOf({ status: 200, body: completion }));
  const broken = (): never => {
    throw new Error("canary-pepper");
  };
  const router = createRouter(config, { ...testPorts(SECRETS), now: broken });
  const response = await router.fetch(asked());
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("canary");
  expect(() => createRouter(config, testPorts({}))).toThrow(/QWQ_PEPPER/);
});

test("known callers are served with the state store down", async () => {
  const url = await nodeOf({
    status: 200,
    headers: { "content-type": "application/json" },
    body: completion,
  });
  const config = await configOver(url);
  const keys = config.keys.map((key) => ({ ...key, limits: { ...key.limits, tokensPerDay: 10 } }));
  const state = { lease: () => Promise.reject(new Error("down")) };
  const router = createRouter({ ...config, keys }, { ...testPorts(SECRETS), state });
  expect((await router.fetch(asked())).status).toBe(200);
});

test("a trace goes on: the caller's id to the node, spans to the collector, no text in them", async () => {
  const nodeSaw: IncomingMessage[] = [];
  const got: string[] = [];
  const collector = createServer((request, response) => {
    request.on("data", (data: Buffer) => got.push(`${request.url} ${data.toString()}`));
    request.on("end", () => response.end("{}"));
  });
  servers.push(collector);
  await new Promise<void>((resolve) => void collector.listen(0, "127.0.0.1", resolve));
  const address = collector.address();
  const port = typeof address === "object" ? address?.port : 0;
  const running = await serveRouter({
    config: await configOver(
      await nodeOf(
        { status: 200, headers: { "content-type": "application/json" }, body: completion },
        nodeSaw,
      ),
    ),
    host: "127.0.0.1",
    port: 0,
    environment: { ...SECRETS, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    log: () => undefined,
  });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const response = await fetch(`${running.url}/v1/chat/completions`, {
    method: "POST",
    body: chat,
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${KEY}`,
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    },
  });
  await response.text();
  await running.close(0);
  const passed = String(nodeSaw.find((one) => one.method === "POST")?.headers["traceparent"]);
  expect(passed).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(passed).not.toContain("b7ad6b7169203331");
  const told = got.join("");
  expect(told).toMatch(/^\/v1\/traces /);
  expect(told).toContain(`"spanId":"${passed.split("-")[2]}"`);
  expect(told).toContain('"parentSpanId":"b7ad6b7169203331"');
  for (const canary of CANARIES) expect(told).not.toContain(canary);
});

describe("addresses that no node may have", () => {
  test.for([
    "http://169.254.169.254/latest/v1",
    "http://2852039166/v1",
    "http://0xa9.0xfe.0xa9.0xfe/v1",
    "http://[::ffff:169.254.169.254]/v1",
    "http://[::169.254.169.254]/v1",
    "http://[64:ff9b::169.254.169.254]/v1",
    "http://[fe80::1]/v1",
    "http://[febf::1]/v1",
    "http://[fd00:ec2::254]/v1",
    "http://100.100.100.200/v1",
    "http://metadata.google.internal/v1",
    "http://0.0.0.0/v1",
    "http://[::]/v1",
    "http://user:secret@node/v1",
    "http://node/v1?key=secret",
    "ftp://node/v1",
    "file:///etc/passwd",
  ])("%s", (url) => {
    expect(() => readConfig({ insecureDev: true, nodes: [{ name: "a", url }] })).toThrow(
      /nodes\[0\]\.url/,
    );
  });
  test.for([
    "http://127.0.0.1:8080/v1",
    "http://10.0.0.7/v1",
    "https://node.example/v1",
    "http://[fd00::7]:1/v1",
  ])("%s is a node's", (url) => {
    expect(readConfig({ insecureDev: true, nodes: [{ name: "a", url }] }).nodes[0]?.url).toBe(url);
  });
});
