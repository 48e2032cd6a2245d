import { readConfig, type RouterConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { afterEach, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import { type SageMakerServer, startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import type { SageMakerFault } from "../support/sagemaker/sagemaker-fault.ts";
import { KEY, secretsOf } from "../support/sagemaker/test-transport.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const source = answerSource(9);
async function startServer(fault: SageMakerFault = { kind: "none" }): Promise<SageMakerServer> {
  const server = await startSageMaker({
    keys: [KEY],
    container: "sse",
    source,
    fault: () => fault,
  });
  closing.push(() => server.close());
  return server;
}

async function startRouter(config: RouterConfig): Promise<string> {
  const running = await serveRouter({
    config,
    host: "127.0.0.1",
    port: 0,
    // The default chain reads these first, so nothing else of this machine is asked.
    environment: secretsOf(KEY),
    log: () => undefined,
  });
  closing.push(() => running.close(0));
  return `${running.url}/v1/chat/completions`;
}

const credentials = { kind: "static" };
const chat = { model: "qwq-32b", stream: true, messages: [{ role: "user", content: "hi" }] };

test.each(["openai", "invoke"])(
  "the router on Node reaches an endpoint by %s",
  async (transport) => {
    const { url, requests, refused } = await startServer();
    const config = readConfig({
      insecureDev: true,
      nodes: [
        {
          name: "aws",
          kind: "sagemaker",
          endpoint: "qwq",
          region: "us-east-1",
          transport,
          url,
          credentials,
        },
      ],
    });
    const response = await fetch(await startRouter(config), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(chat),
    });
    const seen = await readAnswer(response.status, response.body ?? "");
    expect(refused).toEqual([]);
    expect(seen).toMatchObject({ answer: source.answer.join(""), done: true, finish: "stop" });
    expect(requests).toHaveLength(1);
  },
);

test("an endpoint that starts is passed by, and the caller served elsewhere", async () => {
  const cold = await startServer({ kind: "cold" });
  const warm = await startServer();
  const performance = (speed: number): object[] => [
    { model: "qwq-32b", prefillTokensPerSecond: speed, decodeTokensPerSecond: speed },
  ];
  const config = readConfig({
    insecureDev: true,
    policy: { objective: "fastest" },
    nodes: [
      {
        name: "first",
        kind: "sagemaker",
        endpoint: "a",
        region: "us-east-1",
        url: cold.url,
        credentials,
        performance: performance(1000),
      },
      {
        name: "second",
        kind: "sagemaker",
        endpoint: "b",
        region: "us-east-1",
        url: warm.url,
        credentials,
        performance: performance(10),
      },
    ],
  });
  const url = await startRouter(config);
  for (let i = 0; i < 4; i++) {
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify(chat),
      headers: { "content-type": "application/json" },
    });
    const seen = await readAnswer(response.status, response.body ?? "");
    expect(seen).toMatchObject({ answer: source.answer.join(""), done: true });
  }
  // Asked once: what is known to start is not asked again by each caller.
  expect(cold.requests).toHaveLength(1);
  expect(warm.requests).toHaveLength(4);
});

test("alone, an endpoint that starts is a 503 with Retry-After", async () => {
  const { url } = await startServer({ kind: "cold" });
  const node = {
    name: "aws",
    kind: "sagemaker",
    endpoint: "qwq",
    region: "us-east-1",
    url,
    credentials,
    coldRetrySeconds: 17,
  };
  const at = await startRouter(readConfig({ insecureDev: true, nodes: [node] }));
  for (let i = 0; i < 2; i++) {
    const response = await fetch(at, {
      method: "POST",
      body: JSON.stringify({ ...chat, stream: false }),
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.text()).not.toMatch(/Inference Component|capacity/);
  }
});

test("what is wrong with an endpoint's settings is told by field", () => {
  const wrong = {
    name: "aws",
    kind: "sagemaker",
    endpoint: "no/slash",
    region: "mars",
    transport: "grpc",
    variant: "v",
    credentials: { kind: "web-identity", roleArn: "x", issuer: "y", oops: 1 },
  };
  expect(() => readConfig({ insecureDev: true, nodes: [wrong] })).toThrow(
    /nodes\[0\]\.region[^]*nodes\[0\]\.endpoint[^]*nodes\[0\]\.transport[^]*credentials\.issuer[^]*credentials\.roleArn[^]*credentials\.oops/,
  );
});
