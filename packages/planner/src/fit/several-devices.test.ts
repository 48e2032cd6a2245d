import { DEFAULT_WORKLOAD, type FitPlan, GiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleExperts } from "./example-experts.ts";
import { exampleGpu, exampleMachine, exampleQwq } from "./example-values.ts";
import { planFit } from "./plan-fit.ts";
import type { PlanOptions } from "./plan-options.ts";

const qwq = exampleQwq();
const pair = [exampleGpu(24), exampleGpu(24, { id: "nvidia:1" })];

const only = (engine: FitPlan["engine"], more: PlanOptions = {}): PlanOptions => ({
  engines: [engine],
  ...more,
});

const onDevice = (plan: FitPlan | null, id: string): FitPlan["memory"]["devices"][number] => {
  const row = plan?.memory.devices.find(({ device }) => device === id);
  if (row === undefined) throw new Error(`nothing on ${id}`);
  return row;
};

describe("layers over two cards", () => {
  const { choice } = planFit(qwq, exampleMachine(64, pair), DEFAULT_WORKLOAD, {
    ...only("node-llama-cpp"),
    quantizations: ["Q8_0"],
  });

  test("a file that one card does not hold", () => {
    expect(choice).toMatchObject({ offloadedLayers: 65, tensorParallel: 1 });
    const [first, second] = ["nvidia:0", "nvidia:1"].map((id) => onDevice(choice, id).weightsBytes);
    expect((first ?? 0) / (second ?? 1)).toBeCloseTo(1, 0);
  });

  test("placement covers every block and the head once, in order", () => {
    const ends = choice?.placement.map(({ firstBlock, lastBlock }) => [firstBlock, lastBlock]);
    expect(ends?.[0]?.[0]).toBe(0);
    expect(ends?.at(-1)?.[1]).toBe(64);
    expect(ends?.[1]?.[0]).toBe((ends?.[0]?.[1] ?? 0) + 1);
  });

  test("llama-server may be told to use one card alone, the binding may not", () => {
    const plans = planFit(qwq, exampleMachine(64, pair), DEFAULT_WORKLOAD, {
      ...only("llama-server"),
      quantizations: ["Q4_K_M"],
    }).plans;
    const single = plans.find(({ hosts }) => hosts[0]?.devices.length === 1);
    expect(single?.startCommand?.arguments.join(" ")).toContain("--split-mode none --main-gpu 0");
  });
});

describe("experts on the CPU", () => {
  const model = exampleExperts();
  const small = exampleMachine(64, [exampleGpu(8)]);

  test("attention on the card, experts in the machine's memory", () => {
    const { choice } = planFit(model, small, DEFAULT_WORKLOAD, only("llama-server"));
    expect(choice).toMatchObject({ expertsOnCpu: true, offloadedLayers: 49 });
    expect(choice?.startCommand?.arguments).toContain("--cpu-moe");
    expect(onDevice(choice, "host").weightsBytes).toBeGreaterThan(10 * GiB);
  });

  test("the binding cannot, and the plan does not say so", () => {
    const { plans } = planFit(model, small, DEFAULT_WORKLOAD, only("node-llama-cpp"));
    expect(plans.length).toBeGreaterThan(0);
    expect(plans.filter(({ expertsOnCpu }) => expertsOnCpu)).toEqual([]);
  });
});

describe("tensor parallelism", () => {
  test("vLLM halves weights and cache, and leaves its share of the memory", () => {
    const options = only("vllm", {
      quantizations: ["W8A8", "FP8", "BF16"],
      onlyAskedContext: true,
    });
    expect(planFit(qwq, exampleMachine(64, pair), DEFAULT_WORKLOAD, options).fits).toBe(false);
    const large = pair.map((device) => ({ ...device, memoryBytes: 80 * GiB, freeBytes: 79 * GiB }));
    const { choice } = planFit(qwq, exampleMachine(64, large), DEFAULT_WORKLOAD, options);
    expect(choice).toMatchObject({ tensorParallel: 2, kvCacheType: "bf16", quantization: "BF16" });
    const row = onDevice(choice, "nvidia:0");
    expect(row.weightsBytes).toBeCloseTo(qwq.parameters, -3);
    expect(row.kvCacheBytes).toBe((262_144 / 2) * 16_384);
    expect(row.budgetBytes).toBe(Math.floor(80 * GiB * 0.92));
    const line = choice?.startCommand?.arguments.join(" ");
    expect(line).toContain("serve Qwen/QwQ-32B --tensor-parallel-size 2 --max-model-len 16384");
    expect(line).toContain("--gpu-memory-utilization 0.92 --reasoning-parser deepseek_r1");
  });
});

describe("several machines", () => {
  const one = exampleMachine(8, [exampleGpu(24)]);
  const options = { quantizations: ["Q8_0"], onlyAskedContext: true };

  test("what one does not hold, two do", () => {
    expect(planFit(qwq, one, DEFAULT_WORKLOAD, options).fits).toBe(false);
    const { choice } = planFit(qwq, { ...one, hostCount: 2 }, DEFAULT_WORKLOAD, options);
    expect(choice?.hosts.map(({ host }) => host)).toEqual(["a machine #1", "a machine #2"]);
    expect(choice?.engine).toBe("llama-server");
    expect(choice?.notes.join(" ")).toContain("network");
    expect(choice?.startCommand?.arguments.join(" ")).toContain("--rpc");
  });
});
