import {
  createRouter,
  hashSecret,
  readConfig,
  type Router,
  sageMakerExtension,
} from "@qwq-fit/router";
import { openNodeTunnel } from "@qwq-fit/router/node";
import { Validator } from "@seriousme/openapi-schema-validator";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { AUDIENCE, type IdentityIssuer, startIssuer } from "../support/identity-issuer.ts";
import { type OpenApiCheck, openApiCheck } from "../support/openapi-check.ts";
import { testPorts } from "../support/router-ports.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";

const SECRET = "A".repeat(40);
const KEY = `qf_caller1_${SECRET}`;
let issuer: IdentityIssuer;
let node: ScriptedNode;
let router: Router;
let api: OpenApiCheck;
const wrong: string[] = [];

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  router.fetch(
    new Request(`http://router.test${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );

/** Sends, and holds the answer against the document. */
async function hold(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) {
  const response = await send(method, path, body, headers);
  const copy = response.clone();
  const problem = await api.check(method, path.split("?")[0] ?? "", response);
  if (problem !== null) wrong.push(`${method} ${path} ${copy.status}: ${problem}`);
  return copy;
}

beforeAll(async () => {
  issuer = await startIssuer();
  const manner = {
    lineEnd: "\n",
    comments: false,
    noLastNewline: false,
    afterDone: false,
  } as const;
  node = await startScriptedNode({
    source: answerSource(6),
    fault: () => ({ kind: "none" }),
    manner: () => ({ ...manner, writeBytes: 0 }),
  });
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = JSON.stringify({ ...(await exportJWK(privateKey)), kid: "k", alg: "ES256" });
  const config = readConfig({
    join: true,
    keys: [
      {
        id: "caller1",
        hashes: [await hashSecret("pepper", SECRET)],
        scopes: ["inference", "admin", "metrics"],
      },
    ],
    nodes: [
      { name: "node", url: node.baseUrl, models: [{ id: "scripted" }], slots: 100 },
      {
        name: "aws",
        engine: "sagemaker",
        endpoint: "qwq",
        region: "us-east-1",
        models: [{ id: "far" }],
        credentials: {
          kind: "web-identity",
          issuer: "https://edge.example",
          roleArn: "arn:aws:iam::123456789012:role/qwq",
        },
      },
    ],
    sessions: {
      issuer: "https://edge.example",
      identities: [{ issuer: issuer.issuer, jwksUrl: issuer.jwksUrl, audiences: [AUDIENCE] }],
    },
  });
  const ports = testPorts({
    QWQ_PEPPER: "pepper",
    QWQ_SESSION_SECRET: SECRET,
    QWQ_WEBHOOK_SECRET: SECRET,
    QWQ_OIDC_KEY: jwk,
  });
  const tunnel = await openNodeTunnel({ config, file: null });
  router = createRouter(config, ports, [
    tunnel.extension(ports),
    sageMakerExtension(config, ports),
  ]);
  const served: unknown = await (await send("GET", "/openapi.json")).json();
  api = openApiCheck(Object(served));
}, 180_000);
afterAll(async () => {
  await node.close();
  await issuer.close();
});

test("the document is OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(api.document));
  expect([valid, errors]).toEqual([true, undefined]);
  expect(api.document["openapi"]).toMatch(/^3\.1\./);
});

test("every route is in it, and nothing else", () => {
  const routes = router.app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`);
  expect(api.operations.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test("every answer is as it says", { timeout: 120_000 }, async () => {
  const messages = [{ role: "user", content: "hi" }];
  const chat = { model: "scripted", messages };
  for (const path of [
    "/health",
    "/metrics",
    "/v1/models",
    "/v1/webhooks/secret",
    "/openapi.json",
  ]) {
    await hold("GET", path);
  }
  await hold("GET", "/v1/models/scripted");
  for (const name of ["openid-configuration", "jwks.json"])
    await hold("GET", `/.well-known/${name}`);
  await hold("POST", "/v1/route/explain", chat);
  await hold("POST", "/v1/chat/completions", chat);
  const lowData = { "x-qwq-low-data": "on" };
  const kept = { "x-qwq-resumable": "on" };
  const streamed = await hold("POST", "/v1/chat/completions", { ...chat, stream: true }, kept);
  await hold("POST", "/v1/chat/completions", { ...chat, stream: true }, lowData);
  await hold("POST", "/v1/chat/completions", { ...chat, background: true });
  await hold("POST", "/v1/responses", { model: "scripted", input: "hi" });
  await hold("POST", "/v1/responses", { model: "scripted", input: "hi", stream: true });
  await hold("POST", "/v1/messages", { ...chat, max_tokens: 9 });
  await hold("POST", "/v1/messages", { ...chat, max_tokens: 9, stream: true });
  const answer = `/v1/answers/${streamed.headers.get("x-qwq-answer")}`;
  await hold("GET", answer);
  await hold("GET", `${answer}/events`, undefined, { "last-event-id": "2" });
  await hold("DELETE", answer);
  const identity = { grant_type: "identity_token", token: await issuer.token(), device: "d" };
  const login = await hold("POST", "/v1/auth/token", identity);
  const { refresh_token } = (await login.json()) as { refresh_token: string };
  await hold("POST", "/v1/auth/token", { grant_type: "refresh_token", refresh_token });
  await hold("POST", "/v1/auth/revoke", { refresh_token, all: true });
  const { code } = (await (await hold("POST", "/v1/nodes/codes", {})).json()) as { code: string };
  const half = Buffer.alloc(32, 7).toString("base64url");
  const key = { x: half, y: half };
  await hold("POST", "/v1/nodes/enrol", { code, name: "mac", publicKey: key });
  await hold("GET", "/v1/nodes");
  await hold("GET", "/v1/nodes/connect");
  await hold("POST", "/v1/nodes/mac/drain");
  await hold("DELETE", "/v1/nodes/mac");
  // What goes wrong is told in one form everywhere.
  await hold("GET", "/v1/models", undefined, { authorization: "Bearer x" });
  await hold("POST", "/v1/chat/completions", { ...chat, model: "none" });
  await hold("POST", "/v1/auth/token", { grant_type: "refresh_token", refresh_token: "x" });
  await hold("GET", "/v1/answers/ans_x");
  await hold("DELETE", "/v1/nodes/none");
  expect(wrong).toEqual([]);
  // Scripted nodes speak chat alone: these two are carried as they come.
  const missed = api.operations.filter((operation) => !api.held.has(operation));
  expect(missed).toEqual(["POST /v1/completions", "POST /v1/embeddings"]);
});
