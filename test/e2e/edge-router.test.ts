import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hashSecret } from "@qwq-fit/router";
import { expect, onTestFinished, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { startCommand } from "../support/long-command.ts";
import { readAnswer } from "../support/read-answer.ts";
import { root } from "../support/repository.ts";
import { runCommand } from "../support/run-command.ts";
import { startScriptedNode } from "../support/scripted-node.ts";

/** What `npm run router` runs. */
const script = join(root, "workers", "router", "scripts", "serve.ts");
const ANY_MS = 120_000;
const SECRET = "s".repeat(40);

function file(value: string): string {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-edge-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "router.json");
  writeFileSync(path, value);
  return path;
}

const KEYS = [{ id: "team1", hashes: [await hashSecret("pepper", SECRET)] }];
const NODE = "home=http://127.0.0.1:9/v1";
const UNKNOWN = "gpu=nothing+http://127.0.0.1:9";
const WRONG = {
  keys: [{ id: "A!", hashes: ["zz"] }],
  mode: "maybe",
  nodes: [{ name: "a", url: "nope" }],
};

test.for<[string, () => string[], string[]]>([
  ["without keys", () => ["--node", NODE], ["keys must name at least one key"]],
  ["with an engine that is none", () => ["--node", UNKNOWN], ["nodes[0].engine", "node-llama-cpp"]],
  [
    "with a configuration of which much is wrong",
    () => ["--config", file(JSON.stringify(WRONG)), "--node", "b=ftp://x"],
    ["nodes[0].url", "nodes[1].url", "keys[0].id", "keys[0].hashes[0]", "mode"],
  ],
  [
    "without a secret that it names",
    () => ["--node", NODE, "--config", file(JSON.stringify({ keys: KEYS }))],
    ["the environment has no QWQ_PEPPER"],
  ],
  ["with a file that holds no JSON", () => ["--config", file("{")], ["holds no JSON"]],
])(
  "it does not start %s, and tells all of it at once",
  { timeout: ANY_MS },
  async ([, args, told]) => {
    const { code, out } = await runCommand([...args(), "--json"], { script });
    expect(code).toBe(2);
    const value: unknown = JSON.parse(out);
    expect(value).toMatchObject({ event: "error" });
    for (const text of told) expect(Reflect.get(Object(value), "message")).toContain(text);
  },
);

test(
  "it tells where it listens, serves who has a key, and ends at an interrupt",
  async () => {
    const source = answerSource(20);
    const node = await startScriptedNode({
      source,
      fault: () => ({ kind: "none" }),
      manner: () => ({
        lineEnd: "\n",
        comments: false,
        noLastNewline: false,
        afterDone: false,
        writeBytes: 0,
      }),
    });
    onTestFinished(() => node.close());
    const config = file(JSON.stringify({ keys: KEYS }));
    // A server's root is as good as its API's.
    const address = node.baseUrl.replace(/\/v1$/u, "");
    const args = ["--node", `home=${address}`, "--config", config, "--port", "0"];
    const router = startCommand(args, {
      script,
      env: { QWQ_PEPPER: "pepper", TMPDIR: dirname(config) },
    });
    onTestFinished(() => router.kill("SIGKILL"));
    const { url } = await router.until("ready");
    const ask = (key: string): Promise<Response> =>
      fetch(`${String(url)}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: "qwq-32b", stream: true, messages: [] }),
      });
    const response = await ask(`qf_team1_${SECRET}`);
    const seen = await readAnswer(response.status, response.body ?? "");
    expect([seen.done, seen.answer]).toEqual([true, source.answer.join("")]);
    expect((await ask(`qf_team1_${"t".repeat(40)}`)).status).toBe(401);
    router.kill("SIGINT");
    // Miniflare may be quicker to end the process than we are.
    expect([0, 130]).toContain(await router.ended);
    expect(readdirSync(dirname(config))).toEqual(["router.json"]);
  },
  ANY_MS,
);
