import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type RunningWorker, startWorkerd } from "@qwq-fit/router-worker/workerd";
import { afterEach, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import {
  CONTAINER_KINDS,
  type ContainerKind,
  sourceAs,
} from "../support/sagemaker/container-bodies.ts";
import type { SageMakerFault } from "../support/sagemaker/sagemaker-fault.ts";
import { type SageMakerServer, startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import { startSts } from "../support/sagemaker/sts-server.ts";
import { KEY, secretsOf } from "../support/sagemaker/test-transport.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const source = answerSource(12);
/** The container and the fault are named by the endpoint: one Worker serves them all. */
async function startServer(
  keys: Parameters<typeof startSageMaker>[0]["keys"],
): Promise<SageMakerServer> {
  const kindOf = (endpoint: string): ContainerKind =>
    CONTAINER_KINDS.find((kind) => endpoint.startsWith(kind)) ?? "sse";
  const server = await startSageMaker({
    keys,
    container: ({ endpoint }) => kindOf(endpoint),
    source: ({ endpoint }) => sourceAs(kindOf(endpoint), source),
    fault: ({ endpoint }): SageMakerFault => {
      if (endpoint.endsWith("-cold")) return { kind: "cold" };
      if (endpoint.endsWith("-timeout")) return { kind: "stream-timeout", at: 4 };
      if (endpoint.endsWith("-checksum")) return { kind: "bad-checksum", at: 4 };
      return endpoint.endsWith("-stall") ? { kind: "stall", at: 4 } : { kind: "none" };
    },
    cuts: () => ({ partBytes: 7, writeBytes: 53, lineEnd: "\n" }),
  });
  closing.push(() => server.close());
  return server;
}

async function startWorker(
  nodes: readonly object[],
  secrets: Readonly<Record<string, string>>,
): Promise<RunningWorker> {
  const config = { insecureDev: true, breakerFailures: 1e9, nodes };
  const options = { config, port: 0, host: "127.0.0.1", json: true, secrets };
  const worker = await startWorkerd(options, () => undefined);
  closing.push(() => worker.close());
  return worker;
}

const ask = (worker: RunningWorker, model: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`${worker.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "hi" }] }),
    signal: signal ?? null,
  });

test("in workerd, by both transports and every container, in the bundle that is deployed", async () => {
  const server = await startServer([KEY]);
  const node = (endpoint: string, transport: string): object => ({
    name: `${transport}-${endpoint}`,
    kind: "sagemaker",
    endpoint,
    region: "us-east-1",
    url: server.url,
    transport,
    slots: 100,
    models: [{ id: `${transport}-${endpoint}` }],
  });
  const ways = [
    ["sse", "openai"],
    ["json-lines", "openai"],
    ...CONTAINER_KINDS.map((kind) => [kind, "invoke"] as const),
  ] as const;
  const worker = await startWorker(
    [
      ...ways.map(([kind, transport]) => node(kind, transport)),
      ...["sse-timeout", "sse-checksum", "sse-stall", "sse-cold"].map((endpoint) =>
        node(endpoint, "invoke"),
      ),
      node("sse-cold", "openai"),
    ],
    secretsOf(KEY),
  );
  // Each way twice: the second request of an isolate finds the package loaded.
  for (const [kind, transport] of [...ways, ...ways]) {
    const response = await ask(worker, `${transport}-${kind}`);
    const seen = await readAnswer(response.status, response.body ?? "");
    const told = sourceAs(kind, source);
    expect(seen, `${transport}, ${kind}`).toMatchObject({
      thought: told.thought.join(""),
      answer: told.answer.join(""),
      done: true,
      finish: "stop",
    });
  }
  expect(server.refused).toEqual([]);

  for (const endpoint of ["sse-timeout", "sse-checksum"]) {
    const response = await ask(worker, `invoke-${endpoint}`);
    const seen = await readAnswer(response.status, response.body ?? "");
    expect(seen).toMatchObject({ thought: source.thought.join(""), answer: "", done: false });
    expect(seen.error).not.toBeNull();
    expect(seen.raw).not.toContain("secret");
  }
  for (const transport of ["openai", "invoke"]) {
    const response = await ask(worker, `${transport}-sse-cold`);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    await response.text();
  }

  const aborted = server.nextAbort();
  const abort = new AbortController();
  const stalled = await ask(worker, "invoke-sse-stall", abort.signal);
  await stalled.body?.getReader().read();
  abort.abort();
  await aborted;
}, 180_000);

/** The Worker's public address, known before it runs: a server in front of it. */
async function startFront(): Promise<{ readonly url: string; worker: string }> {
  const front = { url: "", worker: "" };
  const server = createServer((incoming, outgoing) => {
    void fetch(front.worker + (incoming.url ?? "/")).then(async (response) => {
      outgoing.writeHead(response.status, { "content-type": "application/json" });
      outgoing.end(await response.text());
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => void server.close());
  const address = server.address();
  front.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return front;
}

test("in workerd, the Worker is its own issuer: one call to STS for many requests", async () => {
  const front = await startFront();
  const issuer = front.url;
  const roleArn = "arn:aws:iam::123456789012:role/qwq-fit";
  const subject = "worker:router:production";
  const sts = await startSts({
    roleArn,
    issuer: () => issuer,
    audience: "sts.amazonaws.com",
    subject,
  });
  closing.push(() => sts.close());
  const server = await startServer(() => sts.given);
  const key = JSON.stringify(
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  );
  const credentials = { kind: "web-identity", roleArn, issuer, subject, stsUrl: sts.url };
  const node = {
    name: "aws",
    kind: "sagemaker",
    endpoint: "sse",
    region: "us-east-1",
    url: server.url,
    slots: 100,
    credentials,
  };
  const worker = await startWorker([node], { QWQ_OIDC_KEY: key });
  front.worker = worker.url;
  const responses = await Promise.all(Array.from({ length: 6 }, () => ask(worker, "m")));
  for (const response of responses) {
    const seen = await readAnswer(response.status, response.body ?? "");
    expect(seen).toMatchObject({ answer: source.answer.join(""), done: true });
  }
  const before = sts.given.length;
  for (let i = 0; i < 3; i++) await (await ask(worker, "m")).text();
  expect(sts.given).toHaveLength(before);
  expect(sts.refused).toEqual([]);
  expect(server.refused).toEqual([]);
  const published = await (await fetch(`${issuer}/.well-known/jwks.json`)).text();
  expect(published).toContain('"x"');
  expect(published).not.toContain('"d"');
}, 180_000);
