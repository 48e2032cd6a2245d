import { afterEach, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { readAnswer } from "../support/read-answer.ts";
import {
  CONTAINER_KINDS,
  type ContainerKind,
  sourceAs,
} from "../support/sagemaker/container-bodies.ts";
import {
  type Cuts,
  type SageMakerServer,
  startSageMaker,
} from "../support/sagemaker/sagemaker-server.ts";
import { asker, KEY, sageMakerPorts } from "../support/sagemaker/test-transport.ts";

let server: SageMakerServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const source = answerSource(12);
async function start(kind: ContainerKind, cuts?: Cuts): Promise<SageMakerServer> {
  server = await startSageMaker({
    keys: [KEY, { ...KEY, accessKeyId: "ASIATEMPORARY", sessionToken: "SESS/+=ION" }],
    container: kind,
    source: sourceAs(kind, source),
    fault: () => ({ kind: "none" }),
    ...(cuts === undefined ? {} : { cuts: () => cuts }),
  });
  return server;
}

const ROUTES = [
  ["openai", "sse"],
  ["openai", "json-lines"],
  ...CONTAINER_KINDS.map((kind) => ["invoke", kind] as const),
] as const;

test.each(ROUTES)("%s, %s: the whole answer as OpenAI's stream", async (transport, kind) => {
  const { url, refused, requests } = await start(kind);
  const response = await asker(url, { transport, inferenceComponent: "qwq-ic" })({
    stream_options: { include_usage: true },
  });
  expect(refused).toEqual([]);
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const seen = await readAnswer(response.status, response.body ?? "");
  const told = sourceAs(kind, source);
  expect(seen).toMatchObject({
    status: 200,
    thought: told.thought.join(""),
    answer: told.answer.join(""),
    finish: "stop",
    done: true,
    error: null,
  });
  expect(seen.raw.includes('"usage"')).toBe(kind === "tgi" || kind === "lmi");
  expect(requests).toMatchObject([
    {
      route: transport === "openai" ? "openai" : "stream",
      endpoint: "qwq-32b",
      component: "qwq-ic",
    },
  ]);
});

test.each(ROUTES)("%s, %s: the whole answer without a stream", async (transport, kind) => {
  const { url, refused } = await start(kind);
  const response = await asker(url, { transport })({ stream: false });
  expect(refused).toEqual([]);
  const seen = await readAnswer(response.status, await response.text());
  const told = sourceAs(kind, source);
  expect(seen).toMatchObject({ status: 200, answer: told.answer.join(""), finish: "stop" });
});

test("the native route's stream is handed on byte by byte", async () => {
  const { url } = await start("sse", { partBytes: 0, writeBytes: 11, lineEnd: "\r\n" });
  const response = await asker(url)();
  const text = await response.text();
  expect(text).toMatch(/^data: \{"id":"x".*\r\n\r\n/);
  expect(text.endsWith("data: [DONE]\r\n\r\n")).toBe(true);
  expect([...response.headers.keys()]).toEqual(["content-type"]);
});

test.each(["openai", "invoke"] as const)(
  "%s: temporary credentials are signed with their token",
  async (transport) => {
    const { url, refused } = await start("sse");
    const temporary = { ...KEY, accessKeyId: "ASIATEMPORARY", sessionToken: "SESS/+=ION" };
    expect((await asker(url, { transport }, sageMakerPorts(temporary))()).status).toBe(200);
    const stale = { ...temporary, sessionToken: "old" };
    expect((await asker(url, { transport }, sageMakerPorts(stale))()).status).toBe(403);
    const wrong = { ...KEY, secretAccessKey: "wrong" };
    expect((await asker(url, { transport }, sageMakerPorts(wrong))()).status).toBe(403);
    expect(refused).toHaveLength(2);
  },
);

test("what goes with a request by InvokeEndpoint", async () => {
  const { url, requests, refused } = await start("sse");
  const ask = asker(url, {
    transport: "invoke",
    variant: "blue",
    targetContainer: "main",
    inferenceComponent: "qwq-ic",
    prefixAware: true,
    model: "served-name",
  });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const turns = [
    [{ role: "user", content: "a" }],
    [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "user", content: "c" },
    ],
    [{ role: "user", content: "another" }],
  ];
  for (const messages of turns) await (await ask({ messages }, undefined, { traceparent })).text();
  expect(refused).toEqual([]);
  const [first, second, third] = requests.map(
    (one) => one.headers["x-amzn-sagemaker-prefix-aware-id"],
  );
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(requests[0]?.headers).toMatchObject({
    "x-amzn-sagemaker-target-variant": "blue",
    "x-amzn-sagemaker-target-container-hostname": "main",
    "x-amzn-sagemaker-inference-component": "qwq-ic",
    "x-amzn-sagemaker-custom-attributes": `traceparent=${traceparent}`,
  });
  expect(requests[0]?.body["model"]).toBe("served-name");
});

test("a chat's turns share a session, another chat has its own", async () => {
  const { url, requests, refused } = await start("json-lines");
  const ask = asker(url, { transport: "invoke", sessions: true });
  for (const content of ["a", "a", "b"])
    await (await ask({ messages: [{ role: "user", content }] })).text();
  expect(refused).toEqual([]);
  const sent = requests.map((one) => one.headers["x-amzn-sagemaker-session-id"]);
  expect(sent).toEqual(["NEW_SESSION", "session-0", "session-0", "NEW_SESSION", "session-1"]);
});

test("a container that knows no chat is sent a prompt", async () => {
  const { url, requests } = await start("tgi");
  const ask = asker(url, { transport: "invoke", requestFormat: "inputs" });
  const response = await ask();
  const seen = await readAnswer(response.status, response.body ?? "");
  expect(seen).toMatchObject({ answer: source.answer.join(""), done: true, finish: "stop" });
  expect(requests[0]?.body).toMatchObject({
    inputs: "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
    stream: true,
  });
  const refused = await ask({ tools: [{ type: "function", function: { name: "f" } }] });
  expect([refused.status, requests.length]).toEqual([400, 1]);
});

test("chunks that are made here bear the request's model and one id", async () => {
  const { url } = await start("tgi");
  const text = await (await asker(url, { transport: "invoke" })({ model: "qwq-32b" })).text();
  const heads = [...text.matchAll(/"id":"(chatcmpl-[^"]+)".*?"model":"([^"]*)"/g)];
  expect(heads.length).toBeGreaterThan(source.answer.length);
  expect(new Set(heads.map(([, id, model]) => `${id} ${model}`))).toEqual(
    new Set([`${heads[0]?.[1]} qwq-32b`]),
  );
});
