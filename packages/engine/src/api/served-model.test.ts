import { expect, test } from "vitest";
import { servedModelOf } from "./served-model.ts";

const profile = {
  id: "Qwen/QwQ-32B",
  name: "QwQ 32B",
  thinks: "always",
  sampling: { temperature: 0.6, topK: 40 },
  license: "apache-2.0",
} as const;

test("a profile becomes the model that is served, named as it was asked for", () => {
  const variant = { quantization: "Q4_K_M", sha256: "ab" };
  expect(servedModelOf(profile, variant, { id: "qwq-32b", nowMs: 1500 })).toEqual({
    id: "qwq-32b",
    aliases: ["Qwen/QwQ-32B", "QwQ 32B"],
    quantization: "Q4_K_M",
    thinks: "always",
    sampling: { temperature: 0.6, topK: 40 },
    license: "apache-2.0",
    fileSha256: "ab",
    created: 1,
  });
  expect(servedModelOf(profile, null, { nowMs: 0 })).toMatchObject({
    id: "Qwen/QwQ-32B",
    aliases: ["QwQ 32B"],
    quantization: null,
  });
});
