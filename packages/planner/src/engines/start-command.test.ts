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

describe("a context beyond the trained one", () => {
  const beyond = { ...DEFAULT_WORKLOAD, contextTokens: 65_536 };
  const large = exampleMachine(128, [exampleGpu(80)]);

  test("is planned with an engine that can be told of YaRN", () => {
    const { choice } = planFit(qwq, large, beyond);
    expect(choice?.engine).not.toBe("node-llama-cpp");
    expect(choice?.notes.join(" ")).toContain("YaRN");
  });

  test("is beyond the binding, which has no such option", () => {
    const { fits, shortfall } = planFit(qwq, large, beyond, { engines: ["node-llama-cpp"] });
    expect(fits).toBe(false);
    expect(shortfall?.changes.map(({ kind }) => kind)).toEqual(["less-context"]);
    expect(shortfall?.changes[0]?.text).toContain("32768");
  });

  test("vLLM is told the factor", () => {
    const options = { engines: ["vllm"], quantizations: ["BF16"] } as const;
    const words = planFit(qwq, exampleMachine(128, [exampleGpu(141)]), beyond, options).choice
      ?.startCommand?.arguments;
    expect(words?.[words.indexOf("--hf-overrides") + 1]).toBe(
      '{"rope_scaling":{"rope_type":"yarn","factor":2,"original_max_position_embeddings":32768}}',
    );
  });
});
