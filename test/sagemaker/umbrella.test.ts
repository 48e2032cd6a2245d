import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig, readSageMakerAddress } from "@qwq-fit/router";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../packages/qwq-fit/src/index.ts";
import { answerSource } from "../support/answer-source.ts";
import { startCommand } from "../support/long-command.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { SageMakerFault } from "../support/sagemaker/sagemaker-fault.ts";
import { type SageMakerServer, startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import { KEY, secretsOf } from "../support/sagemaker/test-transport.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
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
const messages = [{ role: "user" as const, content: "hi" }];

describe("createClient({ cloud: { sagemaker: { endpoint, region } } })", () => {
  test.each(["openai", "invoke"] as const)(
    "asks the endpoint, by %s, with AWS's default chain",
    async (transport) => {
      const { url, requests, refused } = await startServer();
      // The chain's first place.
      for (const [name, value] of Object.entries(secretsOf(KEY))) vi.stubEnv(name, value);
      vi.stubEnv("AWS_SESSION_TOKEN", undefined);
      const ai = createClient({
        model: "qwq-32b",
        local: false,
        cloud: { sagemaker: { endpoint: "qwq", region: "us-east-1", url, transport } },
      });
      const answer = await ai.chat.completions.create({ messages });
      expect(answer.choices[0]?.message.content).toBe(source.answer.join(""));
      expect(await answer.receipt).toMatchObject({ node: "sagemaker", privacy: "region" });
      let text = "";
      for await (const chunk of await ai.chat.completions.create({ messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
      expect(text).toBe(source.answer.join(""));
      expect([requests.length, refused]).toEqual([2, []]);
    },
  );

  test("its text stays in its region", async () => {
    const { url, requests } = await startServer();
    const ai = createClient({
      model: "qwq-32b",
      local: false,
      cloud: { sagemaker: { endpoint: "qwq", region: "us-east-1", url } },
      policy: { privacy: "region", regions: ["eu-west-1"] },
    });
    await expect(ai.chat.completions.create({ messages })).rejects.toMatchObject({
      code: "privacy_denied",
    });
    expect(requests).toHaveLength(0);
  });

  test("an endpoint that does not exist is an error in our words", async () => {
    const { url } = await startServer({ kind: "no-endpoint" });
    const sagemaker = {
      endpoint: "qwq",
      region: "us-east-1",
      url,
      credentials: { kind: "static" },
    } as const;
    for (const [name, value] of Object.entries(secretsOf(KEY))) vi.stubEnv(name, value);
    const ai = createClient({ model: "qwq-32b", local: false, cloud: { sagemaker } });
    const error: unknown = await ai.chat.completions
      .create({ messages })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "QwqError" });
    expect(String(error)).not.toMatch(/\d{12}/);
  });
});

test.each([
  ["sagemaker:qwq@us-east-1", { endpoint: "qwq", region: "us-east-1", transport: "openai" }],
  [
    "sagemaker:qwq/qwq-ic@cn-north-1",
    { endpoint: "qwq", region: "cn-north-1", inferenceComponent: "qwq-ic" },
  ],
  ["sagemaker+invoke:old@us-east-1", { endpoint: "old", transport: "invoke" }],
])("--node aws=%s is a node of the configuration", (address, told) => {
  const node = readSageMakerAddress("aws", address);
  expect(node).toMatchObject({ name: "aws", kind: "sagemaker", ...told });
  const { nodes } = readConfig({ insecureDev: true, nodes: [node] });
  expect(nodes[0]).toMatchObject({
    engine: "sagemaker",
    privacy: "region",
    sagemaker: told,
    capabilities: { apis: ["chat"] },
  });
});

test.each(["sagemaker:@us-east-1", "sagemaker:a/b/c@us-east-1", "sagemaker:qwq", "http://x/v1"])(
  "%s names no endpoint",
  (address) => {
    expect(readSageMakerAddress("aws", address)).toBeNull();
  },
);

describe.skipIf(!isBuilt)("the built command", () => {
  test("serves an endpoint by its configuration, and takes one by --node", async () => {
    const { url, refused } = await startServer();
    const folder = mkdtempSync(join(tmpdir(), "qwq-fit-sagemaker-"));
    closing.push(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
    const file = join(folder, "router.json");
    const node = (name: string, transport: string): object => ({
      name,
      kind: "sagemaker",
      endpoint: "qwq",
      region: "us-east-1",
      url,
      transport,
      models: [{ id: name }],
    });
    writeFileSync(
      file,
      JSON.stringify({ nodes: [node("native", "openai"), node("invoke", "invoke")] }),
    );
    const env = { HOME: folder, AWS_EC2_METADATA_DISABLED: "true", ...secretsOf(KEY) };
    const named = ["--node", "far=sagemaker:elsewhere/part@eu-west-1"];
    const command = startCommand(["router", "--insecure-dev", "--config", file, ...named], { env });
    closing.push(async () => {
      command.kill("SIGKILL");
      await command.ended;
    });
    const ready = await command.until("ready");
    expect(ready["nodes"]).toEqual(["native", "invoke", "far"]);
    for (const model of ["native", "invoke"]) {
      const response = await fetch(`${String(ready["url"])}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model, messages }),
      });
      expect(await response.text()).toContain(JSON.stringify(source.answer.join("")));
    }
    expect(refused).toEqual([]);
  }, 120_000);

  test("a misspelt endpoint is a usage error with its form", async () => {
    const ran = await runCommand([
      "router",
      "--insecure-dev",
      "--node",
      "aws=sagemaker:a/b/c@us-east-1",
    ]);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("sagemaker:ENDPOINT@REGION");
  }, 120_000);
});
