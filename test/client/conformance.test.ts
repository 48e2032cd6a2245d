import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@qwq-fit/client";
import { type RunningServer, startServer } from "@qwq-fit/engine";
import { createRouter, hashSecret, readConfig } from "@qwq-fit/router";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLocalClient } from "../../packages/qwq-fit/src/local.ts";
import { startChildScripted } from "../../packages/engine/src/testing/child-scripted.ts";
import { createBackend } from "../../packages/qwq-fit/src/conformance/backend.ts";
import { conformance } from "../../packages/qwq-fit/src/conformance/command.ts";
import { CHECKS, runChecks } from "../../packages/qwq-fit/src/conformance/run-checks.ts";
import { testPorts } from "../support/router-ports.ts";

let child: Awaited<ReturnType<typeof startChildScripted>>;
let server: RunningServer;
let stateDir: string;

beforeAll(async () => {
  child = await startChildScripted({}, { thinkWords: 6, words: 20 });
  stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-conformance-"));
  server = await startServer({
    open: () => Promise.resolve(child.engine),
    model: {
      id: "scripted",
      aliases: [],
      quantization: "F32",
      thinks: "always",
      sampling: { temperature: 0, topP: 1, topK: 1, minP: 0 },
      license: null,
      fileSha256: null,
      created: 1,
    },
    plan: null,
    stateDir,
  });
  await server.whenReady();
}, 180_000);
afterAll(async () => {
  await server.stop({ graceMs: 0 });
  await child.dispose();
  await rm(stateDir, { recursive: true, force: true });
});

/** Ids of what does not work, each with why. */
async function wrongAt(
  url: string,
  send: typeof fetch,
  apiKey?: string,
): Promise<Record<string, string>> {
  const backend = createBackend({ url, model: "scripted", fetch: send, apiKey, timeoutMs: 30_000 });
  const report = await runChecks(backend);
  const wrong = report.checks.filter(({ works }) => !works);
  return Object.fromEntries(wrong.map((check) => [check.id, check.wrong ?? ""]));
}

test("there are about sixty, each with a name of its own", () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(58);
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
});

const secret = "A".repeat(40);
const apiKey = `qf_caller1_${secret}`;

/** The router over our server; its key is `apiKey`. */
async function routerFetch(): Promise<typeof fetch> {
  const router = createRouter(
    readConfig({
      nodes: [
        {
          name: "own",
          url: server.baseUrl,
          keySecret: "NODE_KEY",
          slots: 8,
          models: [{ id: "scripted" }],
          capabilities: { embeddings: true, logprobs: true, tools: true, jsonSchema: true },
        },
      ],
      keys: [{ id: "caller1", hashes: [await hashSecret("pepper", secret)] }],
    }),
    testPorts({ QWQ_PEPPER: "pepper", NODE_KEY: "-" }),
  );
  return (input, init) => Promise.resolve(router.fetch(new Request(input, init)));
}

test("by their own addresses: our server, and the router before it", async () => {
  expect(await wrongAt("http://router.test/v1", await routerFetch(), apiKey)).toEqual({});
  // A server of one model answers under any name; the router knows names.
  expect(await wrongAt(server.baseUrl, fetch)).toEqual({ "errors/model": "was accepted" });
}, 120_000);

test("the same results for one client's requests, run local, through the router, or in the cloud", async () => {
  const model = "scripted";
  const edge = "https://edge.test";
  const clients = {
    local: createLocalClient({ model, local: { stateDir, start: "prepare" } }),
    router: createClient({ model, cloud: { edge, apiKey }, fetch: await routerFetch() }),
    cloud: createClient({ model, cloud: { baseURL: server.baseUrl, apiKey: "-", model } }),
  };
  const wrong: Record<string, Record<string, string>> = {};
  for (const [route, ai] of Object.entries(clients)) {
    wrong[route] = await wrongAt(ai.baseURL, ai.fetch);
    const messages = [{ role: "user" as const, content: "." }];
    const answer = await ai.chat.completions.create({ messages, max_tokens: 9 });
    expect((await answer.receipt).node).toBe(route === "router" ? "edge" : route);
  }
  expect(wrong).toEqual({ local: {}, router: {}, cloud: {} });
}, 120_000);

test("a server that is none: nothing works, and the exit says so", async () => {
  const lines: string[] = [];
  const io = {
    out: (text: string) => void lines.push(text),
    note: () => {},
    environment: {},
    columns: null,
    errorColumns: null,
  };
  const nobody = conformance("http://127.0.0.1:9/v1", { model: "x", json: true }, io);
  expect(await nobody).toBe(1);
  expect(JSON.parse(lines.join(""))).toMatchObject({ working: 0, conforms: false });
  expect(await conformance(server.baseUrl, {}, io)).toBe(0);
  expect(lines.join("")).toContain("everything that clients rely on is there");
  await expect(conformance("nonsense", {}, io)).rejects.toMatchObject({ code: "usage" });
}, 180_000);
