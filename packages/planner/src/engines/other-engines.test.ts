import { DEFAULT_WORKLOAD, type DeviceProfile, type ModelProfile } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleGpu, exampleMachine, exampleQwq } from "../fit/example-values.ts";
import { planFit } from "../fit/plan-fit.ts";

const qwq = exampleQwq();
const qwen3: ModelProfile = {
  ...qwq,
  id: "Qwen/Qwen3-32B",
  name: "Qwen3-32B",
  architecture: "qwen3",
};

const npu = (
  vendor: string,
  name: string,
  backend: DeviceProfile["backends"][number],
  gib: number,
): DeviceProfile =>
  exampleGpu(gib, { id: "npu:0", kind: "npu", vendor, name, backends: [backend] });

const awq = {
  ...qwq,
  weights: [
    ...qwq.weights,
    {
      format: "safetensors",
      quantization: "AWQ-4bit",
      imatrix: null,
      tensorBytes: 19_326_555_095,
      fileBytes: 19_326_555_095,
      sizeSource: "computed",
      location: null,
      sha256: null,
      tensors: [],
    },
  ],
} as const satisfies ModelProfile;

describe("Atlas 300I Duo", () => {
  const chips = [0, 1].map((index) => ({
    ...npu("Huawei", "310P3", "cann", 44),
    id: `ascend:0:${index}`,
  }));
  const machine = exampleMachine(64, chips);

  test("its own list has no QwQ: that is said, and what there is is offered", () => {
    const { choice, plans } = planFit(qwq, machine, DEFAULT_WORKLOAD);
    expect(choice).toMatchObject({ engine: "llama-server", backend: "cann" });
    expect(plans.some(({ engine }) => engine === "vllm-ascend")).toBe(false);
    expect(choice?.notes.join(" ")).toMatch(/no QwQ-32B.*Qwen3 dense models/);
    expect(["Q8_0", "F16"]).toContain(choice?.quantization);
  });

  test("a model on the list is served up to the list's context", () => {
    const options = { engines: ["vllm-ascend"] } as const;
    const { choice } = planFit(qwen3, machine, DEFAULT_WORKLOAD, options);
    expect(choice).toMatchObject({ quantization: "W8A8", status: "documented" });
    expect(choice?.startCommand?.arguments.join(" ")).toContain(
      "--quantization ascend --dtype float16",
    );
    const long = { ...DEFAULT_WORKLOAD, contextTokens: 32_768 };
    expect(planFit(qwen3, machine, long, options).fits).toBe(false);
  });
});

test("Sophgo runs the lengths and counts for which a model was compiled", () => {
  const chips = Array.from({ length: 8 }, (_, index) => ({
    ...npu("Sophgo", "BM1684X", "sophon", 16),
    id: `sophon:${index}`,
  }));
  const machine = exampleMachine(16, chips);
  const { plans } = planFit(awq, machine, DEFAULT_WORKLOAD);
  expect(plans.map(({ contextTokens, tensorParallel }) => [contextTokens, tensorParallel])).toEqual(
    [[16_384, 4]],
  );
  expect(plans[0]?.startCommand?.arguments.join(" ")).toContain("qwq-32b-awq_w4bf16_seq16384");
  const other = { ...awq, id: "Qwen/Qwen2.5-32B-Instruct" };
  expect(planFit(other, machine, DEFAULT_WORKLOAD).plans.map(({ engine }) => engine)).not.toContain(
    "sophon",
  );
});

test("Biren's stack is named, and marked as never seen", () => {
  const machine = exampleMachine(16, [npu("Biren", "Biren 166", "supa", 80)]);
  const { choice } = planFit(qwq, machine, DEFAULT_WORKLOAD, { engines: ["birensupa"] });
  expect(choice).toMatchObject({ engine: "birensupa", status: "unverified", quantization: "BF16" });
});

test("MLX is planned within Metal's working set", () => {
  const mac = exampleMachine(64, [
    exampleGpu(48, { id: "apple:0", vendor: "Apple", backends: ["metal"], unified: true }),
  ]);
  const { choice } = planFit(qwq, mac, DEFAULT_WORKLOAD, { engines: ["mlx"] });
  expect(choice?.quantization).toMatch(/^MLX-/);
  expect(choice?.startCommand).toMatchObject({ program: "mlx_lm.server" });
});
