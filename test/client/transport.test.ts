import { createClient, type Transport, type UpstreamRequest } from "@qwq-fit/client";
import { createClient as createNodeClient } from "../../packages/qwq-fit/src/index.ts";
import { expect, test } from "vitest";

const answer = (content: string): Response =>
  Response.json({
    id: "x",
    object: "chat.completion",
    created: 1,
    model: "elsewhere",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  });
const messages = [{ role: "user" as const, content: "hi" }];

test.each([
  ["the fetch-only client", createClient],
  [
    "the umbrella's",
    (options: Parameters<typeof createClient>[0]) => createNodeClient({ ...options, local: false }),
  ],
] as const)("a target is reached by a transport of its own: %s", async (_, create) => {
  const seen: UpstreamRequest[] = [];
  const transport: Transport = (request) => {
    seen.push(request);
    return Promise.resolve(answer("by another road"));
  };
  const ai = create({
    model: "qwq-32b",
    targets: [
      {
        name: "sagemaker",
        engine: "sagemaker",
        baseUrl: "sagemaker:eu-west-1/qwq",
        privacy: "region",
        region: "eu-west-1",
        model: "qwq-endpoint",
        transport,
      },
    ],
    fetch: () => Promise.reject(new Error("fetch must not be used")),
    policy: { privacy: "region", regions: ["eu-west-1"] },
  });
  const got = await ai.chat.completions.create({ messages });
  expect(got.choices[0]?.message.content).toBe("by another road");
  expect(await got.receipt).toMatchObject({ node: "sagemaker", privacy: "region" });
  expect(seen).toMatchObject([{ path: "/chat/completions" }]);
  // Its own name for the model there, as with `fetch`.
  expect(JSON.parse(seen[0]?.body ?? "")).toMatchObject({ model: "qwq-endpoint", messages });
  const elsewhere = { policy: { regions: ["us-east-1"] } };
  await expect(ai.chat.completions.create({ messages }, elsewhere)).rejects.toMatchObject({
    code: "privacy_denied",
  });
  expect(seen).toHaveLength(1);
});
