// The examples that people copy, run against the real router before a node that answers by a script, or against the
// real local server. What is said is scripted; what the examples do with it is theirs.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Client, createClient } from "@qwq-fit/client";
import { startServer } from "@qwq-fit/engine";
import { createRouter, readConfig } from "@qwq-fit/router";
import { createLocalClient } from "qwq-fit/local";
import { expect, onTestFinished, test, vi } from "vitest";
import { analyzeCsv, parseCsv } from "../../packages/qwq-fit/examples/analyze-csv.ts";
import { talkAbout } from "../../packages/qwq-fit/examples/code-helper.ts";
import { research } from "../../packages/qwq-fit/examples/research.ts";
import { answerCustomer } from "../../packages/qwq-fit/examples/support-agent.ts";
import { writeArticle } from "../../packages/qwq-fit/examples/write-article.ts";
import { createScriptedEngine } from "../../packages/engine/src/testing/scripted-engine.ts";
import { root } from "../support/repository.ts";
import { testPorts } from "../support/router-ports.ts";
import { type Answer, answeringServer, type Asked, saying, streaming } from "./answering-server.ts";

/** A client of the real router, before one node that gives these answers. */
async function overRouter(...answers: readonly Answer[]): Promise<{ ai: Client; asked: Asked[] }> {
  const { baseUrl, asked } = await answeringServer(...answers);
  const capabilities = { tools: true, jsonSchema: true, embeddings: true };
  const node = { name: "own", url: baseUrl, slots: 4, models: [{ id: "m" }], capabilities };
  const router = createRouter(readConfig({ insecureDev: true, nodes: [node] }), testPorts());
  const ai = createClient({
    model: "m",
    cloud: { edge: "https://edge.test", apiKey: "-" },
    fetch: (input, init) => Promise.resolve(router.fetch(new Request(input, init))),
  });
  return { ai, asked };
}

/** A client of the real local server, whose engine says a known text. */
async function overLocal(): Promise<Client> {
  const stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-examples-"));
  const server = await startServer({
    open: () =>
      Promise.resolve(createScriptedEngine({ thoughts: 3, words: 4, contextTokens: 16_384 })),
    model: {
      id: "qwq-32b",
      aliases: [],
      quantization: null,
      thinks: "always",
      sampling: { temperature: 0, topP: 1, topK: 1, minP: 0 },
      license: null,
      fileSha256: null,
      created: 1,
    },
    plan: null,
    stateDir,
  });
  onTestFinished(async () => {
    await server.stop({ graceMs: 0 });
    await rm(stateDir, { recursive: true, force: true });
  });
  await server.whenReady();
  return createLocalClient({ model: "qwq-32b", local: { stateDir, start: "prepare" } });
}

test("the support agent looks up an order and the nearest articles, and answers from them", async () => {
  const call = (id: string, name: string, input: object) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  });
  const vectors = [
    [1, 0],
    [0.9, 0.1],
    [0, 1],
    [0.5, 0.5],
  ];
  const data = vectors.map((embedding, index) => ({ index, embedding, object: "embedding" }));
  const { ai, asked } = await overRouter(
    saying("", {
      tool_calls: [
        call("c1", "order_status", { order_id: "1042" }),
        call("c2", "search_help", { query: "return" }),
      ],
    }),
    [200, { object: "list", model: "m", data }],
    saying("It arrives Thursday; you have 30 days."),
  );
  expect(await answerCustomer(ai, "Where is 1042?")).toBe("It arrives Thursday; you have 30 days.");
  const last = asked.at(-1)?.body["messages"] as { role: string; content: string }[];
  const told = last.filter(({ role }) => role === "tool").map(({ content }) => content);
  expect(told[0]).toContain("arrives Thursday");
  expect(told[1]).toMatch(/^Returns: .*\nPayment: /u);
});

test("the CSV analysis tells what it computed, and has a wrong column mended", async () => {
  const finding = (column: string) =>
    JSON.stringify({
      summary: "s",
      findings: [{ column, what: "falls", severity: "warning" }],
    });
  const { ai, asked } = await overRouter(saying(finding("profit")), saying(finding("sales")));
  const csv = 'month,sales,note\n1,10,"a, ""b"""\n2,,\n3,4,c\n';
  expect(parseCsv(csv)).toEqual([
    ["month", "sales", "note"],
    ["1", "10", 'a, "b"'],
    ["2", "", ""],
    ["3", "4", "c"],
  ]);
  expect((await analyzeCsv(ai, csv)).findings).toMatchObject([{ column: "sales" }]);
  expect(JSON.stringify(asked[0]?.body)).toContain("sales: numbers, 4 to 10, mean 7.00, 1 missing");
  expect(JSON.stringify(asked[1]?.body)).toContain("there is no column profit");
});

test("the article comes with its thinking apart, from the real local server", async () => {
  const [thoughts, texts]: string[][] = [[], []];
  const told = await writeArticle(await overLocal(), "the sea", {
    thought: (piece) => thoughts?.push(piece),
    text: (piece) => texts?.push(piece),
  });
  expect(thoughts?.join("")).toBe(" t0 t1 t2");
  expect(texts?.join("")).toBe(" w0 w1 w2 w3");
  expect(told).toMatch(/^written on local in [\d.]+ s, 1 attempt/u);
});

test("the research keeps its sources: a quote that stands nowhere is mended", async () => {
  const claims = (quote: string) =>
    JSON.stringify({ claims: [{ statement: "It is 5 EUR.", source: "a.md", quote }] });
  const { ai, asked } = await overRouter(saying(claims("costs 7")), saying(claims("costs 5 EUR")));
  const sources = [{ name: "a.md", text: "It costs\n5 EUR a month." }];
  expect(await research(ai, "What does it cost?", sources)).toMatchObject([{ source: "a.md" }]);
  expect(JSON.stringify(asked[1]?.body)).toContain("a.md does not say");
});

test("the coding helper talks with the real local server, and remembers what was said", async () => {
  const said: string[] = [];
  const file = { name: "a.ts", text: "const a = 1;" };
  const ask = talkAbout(await overLocal(), file, (piece) => said.push(piece));
  await ask("What is a?");
  await ask("And now?");
  expect(said.join("")).toBe(" w0 w1 w2 w3 w0 w1 w2 w3");
});

test("the Next.js route gives the browser OpenAI's stream and keeps what it did not offer", async () => {
  const { baseUrl, asked } = await answeringServer(streaming([{ content: "hello" }]));
  vi.stubEnv("NODE_URL", baseUrl);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { POST } = await import("../../packages/client/examples/nextjs/route.ts");
  const post = (body: object): Promise<Response> =>
    POST(new Request("http://app.test/api/chat", { method: "POST", body: JSON.stringify(body) }));
  const messages = [{ role: "user", content: "hi" }];
  const response = await post({ messages, model: "another", max_tokens: 1e6 });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  expect(response.headers.get("x-qwq-node")).toBe("office");
  expect(await response.text()).toMatch(/"content":"hello".*\[DONE\]/su);
  expect(asked[0]?.body).toMatchObject({ model: "qwq-32b", max_tokens: 2048 });
  expect((await post({ messages: "x".repeat(60_000) })).status).toBe(413);
});

test("the browser page and the Expo screen are TypeScript that the client's types take", async () => {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const project = join(root, "packages", "client", "examples");
  const told = await promisify(execFile)(process.execPath, [tsc, "-p", project]).catch(
    (error: { stdout: string }) => error,
  );
  expect(told.stdout).toBe("");
});

test("all eight are there, and both readmes list theirs", async () => {
  const listed = await Promise.all(
    ["client", "qwq-fit"].map(async (name) => {
      const folder = join(root, "packages", name);
      const readme = await readFile(join(folder, "README.md"), "utf8");
      const entries = await readdir(join(folder, "examples"));
      const examples = entries.filter((entry) => !entry.includes("json"));
      expect(examples.filter((entry) => !readme.includes(`examples/${entry}`))).toEqual([]);
      return examples;
    }),
  );
  expect(listed.flat()).toHaveLength(8);
});
