import { createRouter, hashSecret, type LogRecord, readConfig, type Router } from "@qwq-fit/router";
import { afterEach, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import type { Fault } from "../support/fault.ts";
import { readAnswer } from "../support/read-answer.ts";
import { testPorts } from "../support/router-ports.ts";
import { type ScriptedNode, startScriptedNode } from "../support/scripted-node.ts";
import { judge } from "./judge.ts";

const source = answerSource(12);
const SECRET = "A".repeat(40);
const KEY = `qf_caller1_${SECRET}`;
const nodes: ScriptedNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});

async function routerOver(
  faults: readonly Fault[],
  change: Readonly<Record<string, unknown>> = {},
  log: LogRecord[] = [],
): Promise<Router> {
  const manner = {
    lineEnd: "\n",
    comments: false,
    noLastNewline: false,
    afterDone: false,
    writeBytes: 0,
  } as const;
  for (const fault of faults) {
    nodes.push(await startScriptedNode({ source, fault: () => fault, manner: () => manner }));
  }
  const config = readConfig({
    nodes: nodes.map((node, i) => ({
      name: `node${i}`,
      url: node.baseUrl,
      keySecret: "NODE_KEY",
      capabilities: { continuation: true },
      models: [{ id: "scripted", contextTokens: 8192, inputUsdPerMillionTokens: i }],
    })),
    keys: [
      {
        id: "caller1",
        hashes: [await hashSecret("pepper", SECRET)],
        limits: { requestsPerMinute: 60 },
      },
    ],
    policy: { objective: "cheapest" },
    limits: { firstTokenMs: 300, idleMs: 300 },
    ...change,
  });
  return createRouter(
    config,
    testPorts({ QWQ_PEPPER: "pepper", NODE_KEY: "canary-node-key" }, log),
  );
}

const post = (router: Router, path: string, body: unknown, headers: Record<string, string> = {}) =>
  router.fetch(
    new Request(`http://router.test${path}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...headers },
    }),
  );
const chat = {
  model: "scripted",
  stream: true,
  messages: [{ role: "user", content: "canary-prompt" }],
};
const errorOf = async (response: Response): Promise<[number, unknown]> => {
  const value: unknown = await response.json();
  return [response.status, Reflect.get(Object(Reflect.get(Object(value), "error")), "code")];
};

describe("carrying", () => {
  test("a broken node is passed over, the receipt says so, and no secret or prompt gets out", async () => {
    const log: LogRecord[] = [];
    const router = await routerOver([{ kind: "status", status: 500 }, { kind: "none" }], {}, log);
    const response = await post(router, "/v1/chat/completions", chat);
    expect(response.status).toBe(200);
    const seen = await readAnswer(response.status, response.body ?? "");
    expect(judge(source, "error", seen)).toBeNull();
    const receipt: unknown = JSON.parse(seen.comments.at(-1)?.replace("receipt ", "") ?? "null");
    expect(receipt).toMatchObject({
      node: "node1",
      attempts: [
        { node: "node0", outcome: "failed" },
        { node: "node1", outcome: "served" },
      ],
    });
    await expect.poll(() => log.length).toBe(1);
    const told = seen.raw + JSON.stringify(log) + JSON.stringify([...response.headers]);
    for (const secret of ["canary-node-key", "canary-prompt", SECRET, "pepper"]) {
      expect(told).not.toContain(secret);
    }
    expect(nodes[1]?.requests[0]?.headers["authorization"]).toBe("Bearer canary-node-key");
    expect(JSON.stringify(nodes[1]?.requests[0]?.headers)).not.toContain(SECRET);
  });

  test("the mode is the caller's choice", async () => {
    const router = await routerOver([{ kind: "reset", at: 9 }, { kind: "none" }]);
    const response = await post(router, "/v1/chat/completions", chat, { "x-qwq-mode": "continue" });
    const seen = await readAnswer(response.status, response.body ?? "");
    expect(seen).toMatchObject({ done: true, answer: source.answer.join("") });
  });

  test("Responses and Messages are converted, streamed and whole", async () => {
    const router = await routerOver([{ kind: "none" }]);
    const responses = await post(router, "/v1/responses", {
      model: "scripted",
      input: "hi",
      stream: true,
    });
    const text = await responses.text();
    expect(text).toContain("event: response.completed");
    expect(text).toContain("event: response.output_text.delta");
    const messages = await post(router, "/v1/messages", {
      model: "scripted",
      max_tokens: 100,
      messages: [{ role: "user", content: "hi" }],
    });
    expect(await messages.json()).toMatchObject({
      type: "message",
      role: "assistant",
      stop_reason: "end_turn",
    });
  });

  test("an answer that breaks is told in the caller's own API", async () => {
    const router = await routerOver([{ kind: "stall", at: 9 }]);
    const responses = await post(router, "/v1/responses", {
      model: "scripted",
      input: "hi",
      stream: true,
    });
    const text = await responses.text();
    expect(text).toContain("event: response.failed");
    expect(text).not.toContain("event: response.completed");
  });
});

describe("guarding", () => {
  test.for([
    ["no key", {}],
    ["another form", { authorization: "Bearer sk-123" }],
    ["SQL", { authorization: "Bearer qf_' OR 1=1 --_x" }],
    ["another secret", { authorization: `Bearer qf_caller1_${"B".repeat(40)}` }],
    ["another id", { authorization: `Bearer qf_nobody1_${SECRET}` }],
  ] as const)("%s is a 401", async ([, headers]) => {
    const router = await routerOver([{ kind: "none" }]);
    const response = await post(router, "/v1/chat/completions", chat, {
      authorization: "",
      ...headers,
    });
    expect(await errorOf(response)).toEqual([401, "invalid_api_key"]);
    expect(nodes[0]?.requests).toHaveLength(0);
  });

  test("limits are told and kept", async () => {
    const router = await routerOver([{ kind: "none" }], {
      keys: [
        {
          id: "caller1",
          hashes: [await hashSecret("pepper", SECRET)],
          limits: { requestsPerMinute: 2 },
        },
      ],
    });
    const first = await post(router, "/v1/chat/completions", chat);
    expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("1");
    await first.text();
    await (await post(router, "/v1/chat/completions", chat)).text();
    const third = await post(router, "/v1/chat/completions", chat);
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await errorOf(third)).toEqual([429, "rate_limit_exceeded"]);
  });

  test.for([
    ["broken JSON", "{", 400],
    ["no object", "[]", 400],
    ["no model", "{}", 400],
    ["unknown model", '{"model":"gpt-9","messages":[]}', 404],
    ["too large", JSON.stringify({ model: "x", pad: "x".repeat(2000) }), 413],
  ] as const)("%s", async ([, body, status]) => {
    const router = await routerOver([{ kind: "none" }], { maxBodyBytes: 1500 });
    const response = await post(router, "/v1/chat/completions", body);
    expect((await errorOf(response))[0]).toBe(status);
  });

  test("privacy can be narrowed by a caller, and then fails closed", async () => {
    const router = await routerOver([{ kind: "none" }]);
    const response = await post(router, "/v1/chat/completions", chat, {
      "x-qwq-privacy": "device",
    });
    expect(await errorOf(response)).toEqual([403, "privacy_denied"]);
    expect(nodes[0]?.requests).toHaveLength(0);
  });

  test("explain tells the whole reasoning and runs nothing", async () => {
    const router = await routerOver([{ kind: "none" }, { kind: "none" }]);
    const response = await post(router, "/v1/route/explain", chat);
    expect(await response.json()).toMatchObject({
      decision: { kind: "route", ranked: [{ node: "node0" }, { node: "node1" }] },
    });
    expect(nodes.flatMap((node) => node.requests)).toEqual([]);
  });
});

test("a model is told of alone as in the list, and one that nobody lists is a 404", async () => {
  const router = await routerOver([{ kind: "none" }]);
  const get = (path: string) =>
    router.fetch(
      new Request(`http://router.test${path}`, { headers: { authorization: `Bearer ${KEY}` } }),
    );
  const listed: unknown = await (await get("/v1/models")).json();
  const alone: unknown = await (await get("/v1/models/scripted")).json();
  expect(listed).toMatchObject({ data: [alone] });
  expect(await errorOf(await get("/v1/models/a/b"))).toEqual([404, "model_not_found"]);
});

test("all problems of a configuration are told at once, with their paths", () => {
  expect(() =>
    readConfig({
      nodes: [{ name: "a b", url: "http://169.254.169.254/v1", slots: 0, colour: "red" }],
      policy: { objective: "best" },
    }),
  ).toThrow(
    /nodes\[0\]\.name[\s\S]*nodes\[0\]\.url[\s\S]*nodes\[0\]\.slots[\s\S]*colour[\s\S]*policy\.objective[\s\S]*keys/,
  );
  for (const url of [
    "http://2852039166/v1",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://u:p@h/v1",
    "file:///etc",
  ]) {
    expect(() => readConfig({ insecureDev: true, nodes: [{ name: "a", url }] })).toThrow(
      /nodes\[0\]\.url/,
    );
  }
});
