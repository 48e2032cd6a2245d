import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createRouter, type LogRecord, readConfig, sageMakerExtension } from "@qwq-fit/router";
import { afterEach, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { testPorts } from "../support/router-ports.ts";
import { startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import { startSts } from "../support/sagemaker/sts-server.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const roleArn = "arn:aws:iam::123456789012:role/qwq-fit";
const ec = (): string =>
  JSON.stringify(
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  );
const rsaPem = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ format: "pem", type: "pkcs8" })
    .toString();
const ecPem = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ format: "pem", type: "pkcs8" })
    .toString();

interface Wishes {
  readonly key: string;
  readonly transport?: string;
  readonly lifeSeconds?: number;
  readonly xml?: boolean;
  readonly subject?: string;
}

/** A router that is its own issuer, an STS that asks it, an endpoint that knows STS's keys alone. */
async function start({
  key,
  transport = "openai",
  lifeSeconds = 3600,
  xml = false,
  subject = "qwq-fit-router",
}: Wishes) {
  let handle: (request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 500 });
  const front = createServer((incoming, outgoing) => {
    void Promise.resolve(handle(new Request(`http://router.test${incoming.url ?? "/"}`))).then(
      async (response) => {
        outgoing.writeHead(response.status, { "content-type": "application/json" });
        outgoing.end(await response.text());
      },
    );
  });
  await new Promise<void>((resolve) => {
    front.listen(0, "127.0.0.1", resolve);
  });
  closing.push(async () => void front.close());
  const address = front.address();
  const issuer = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const sts = await startSts({
    roleArn,
    issuer: () => issuer,
    audience: "sts.amazonaws.com",
    subject,
    lifeSeconds,
    xml,
  });
  closing.push(() => sts.close());
  const endpoint = await startSageMaker({
    keys: () => sts.given,
    container: "sse",
    source: answerSource(3),
    fault: () => ({ kind: "none" }),
  });
  closing.push(() => endpoint.close());
  const config = readConfig({
    insecureDev: true,
    breakerFailures: 1e9,
    nodes: [
      {
        name: "aws",
        kind: "sagemaker",
        endpoint: "qwq",
        region: "us-east-1",
        url: endpoint.url,
        transport,
        credentials: { kind: "web-identity", roleArn, issuer, stsUrl: sts.url },
      },
    ],
  });
  const log: LogRecord[] = [];
  const ports = testPorts({ QWQ_OIDC_KEY: key }, log);
  const router = createRouter(config, ports, [sageMakerExtension(config, ports)]);
  handle = (request) => router.fetch(request);
  const ask = async (): Promise<number> => {
    const response = await router.fetch(
      new Request("http://router.test/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
      }),
    );
    await response.text();
    return response.status;
  };
  return { ask, sts, endpoint, issuer, log };
}

test.each([
  ["a P-256 JWK", ec, "openai", false],
  ["a P-256 PEM", ecPem, "invoke", false],
  ["an RSA PEM, and STS's XML", rsaPem, "openai", true],
] as const)("the router is its own issuer, by %s", async (_, key, transport, xml) => {
  const { ask, sts, endpoint } = await start({ key: key(), transport, xml });
  expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 200]);
  expect(sts.refused).toEqual([]);
  expect(endpoint.refused).toEqual([]);
  // One call to STS for all: cached.
  expect(sts.given).toHaveLength(1);
});

test("credentials near their end are fetched anew", async () => {
  const { ask, sts } = await start({ key: ec(), lifeSeconds: 20 });
  expect([await ask(), await ask()]).toEqual([200, 200]);
  expect(sts.given).toHaveLength(2);
});

test("a key that is being changed: the first signs, both are published, no private part of either", async () => {
  const keys = JSON.stringify({ keys: [JSON.parse(ec()), JSON.parse(ec())] });
  const { ask, issuer } = await start({ key: keys });
  expect(await ask()).toBe(200);
  const published = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as {
    keys: object[];
  };
  expect(published.keys).toHaveLength(2);
  expect(published.keys.flatMap((key) => Object.keys(key))).not.toContain("d");
});

test("a subject that the role does not trust is refused, and nothing of STS's text is told", async () => {
  const { ask, sts, log } = await start({ key: ec(), subject: "another" });
  expect(await ask()).toBe(502);
  // The operator is told by the log, in our words.
  const fault = { event: "node_fault", node: "aws", code: "unauthorized" };
  expect(log).toEqual(expect.arrayContaining([expect.objectContaining(fault)]));
  expect(JSON.stringify(log)).not.toContain("secret inner text");
  expect(sts.refused).toContain("subject");
});

test.each([
  ["not a key"],
  [""],
  ['{"kty":"oct","k":"c2VjcmV0"}'],
  ["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
])("a secret that is no key (%j) is a failed node, and no document", async (key) => {
  const { ask, issuer } = await start({ key });
  expect(await ask()).toBe(502);
  const shown = await fetch(`${issuer}/.well-known/jwks.json`);
  expect(shown.status).toBeGreaterThanOrEqual(500);
  expect(await shown.text()).not.toMatch(/not a key|c2VjcmV0|AAAA/);
});
