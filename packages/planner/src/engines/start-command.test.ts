import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleGpu, exampleMachine, exampleQwq } from "../fit/example-values.ts";
import { planFit } from "../fit/plan-fit.ts";

const qwq = exampleQwq();
const card = exampleMachine(64, [exampleGpu(24)]);

const argumentsFor = (
  engine: "llama-server" | "node-llama-cpp",
  contextTokens = 16_384,
): string => {
  const options = { engines: [engine], quantizations: ["Q4_K_M"] };
  const workload = { ...DEFAULT_WORKLOAD, contextTokens };
  return planFit(qwq, card, workload, options).choice?.startCommand?.arguments.join(" ") ?? "";
};

describe("every setting of the plan is in its command", () => {
  test("llama-server", () => {
    const line = argumentsFor("llama-server");
    expect(line).toContain("--ctx-size 16384 --parallel 1");
    expect(line).toContain("--threads 2 --batch-size 512 --ubatch-size 512");
    expect(line).toMatch(/--cache-type-k (\w+) --cache-type-v \1 --flash-attn on/);
    expect(line).toMatch(/--n-gpu-layers \d+ --load-mode (mmap|none) --repack --fit off/);
    expect(line).not.toContain("yarn");
  });

  test("a context beyond the trained one turns YaRN on", () => {
    expect(argumentsFor("llama-server", 65_536)).toContain(
      "--rope-scaling yarn --rope-scale 2 --yarn-orig-ctx 32768",
    );
  });

  test("our own server takes what the binding can be told, and nothing else", () => {
    const line = argumentsFor("node-llama-cpp");
    expect(line).toContain("serve --model Qwen/QwQ-32B --quantization Q4_K_M --context 16384");
    expect(line).not.toContain("repack");
    expect(line).not.toContain("split");
  });
});

test("a version that nobody looked at is marked", () => {
  const versions = {
    engineVersions: { "node-llama-cpp": "9.0.0" },
    engines: ["node-llama-cpp"],
  } as const;
  const { choice } = planFit(qwq, card, DEFAULT_WORKLOAD, versions);
  expect(choice).toMatchObject({ engineVersion: "9.0.0", status: "unverified" });
  expect(choice?.notes.join(" ")).toContain("never looked at");
});
