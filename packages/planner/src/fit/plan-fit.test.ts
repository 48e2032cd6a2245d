import { DEFAULT_WORKLOAD, GiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleGpu, exampleMachine, exampleQwq } from "./example-values.ts";
import { planFit } from "./plan-fit.ts";

const qwq = exampleQwq();

describe("the two disasters of the engine's defaults", () => {
  const answer = planFit(qwq, exampleMachine(24), DEFAULT_WORKLOAD, { quantizations: ["Q4_K_M"] });

  test("as many threads as physical cores, not twice as many as the binding would take", () => {
    expect(answer.plans.map(({ threads }) => threads)).toEqual(answer.plans.map(() => 2));
  });

  test("no mapping where file and repacked copy do not both fit", () => {
    expect(answer.choice?.quantization).toBe("Q4_K_M");
    expect(answer.choice?.mmap).toBe(false);
    expect(answer.plans.every(({ mmap }) => !mmap)).toBe(true);
  });

  test("mapping where both fit", () => {
    const large = planFit(qwq, exampleMachine(96), DEFAULT_WORKLOAD, { quantizations: ["Q4_K_M"] });
    expect(large.choice?.mmap).toBe(true);
  });
});

describe("a card of 24 GiB", () => {
  const machine = exampleMachine(64, [exampleGpu(24)]);
  const answer = planFit(qwq, machine, DEFAULT_WORKLOAD);

  test("holds all of QwQ-32B at four bits", () => {
    expect(answer.choice).toMatchObject({
      fits: true,
      usable: true,
      quantization: "Q4_K_M",
      offloadedLayers: 65,
      backend: "cuda",
    });
  });

  test("no plan is above a budget", () => {
    for (const { memory } of answer.plans) {
      for (const row of memory.devices) expect(row.totalBytes).toBeLessThanOrEqual(row.budgetBytes);
    }
  });

  test("every id is its own", () => {
    const ids = answer.plans.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("what does not fit is answered with the limit and changes that make it fit", () => {
  const small = exampleMachine(8);
  const answer = planFit(qwq, small, DEFAULT_WORKLOAD);
  expect(answer).toMatchObject({ fits: false, choice: null, plans: [] });
  expect(answer.shortfall?.limit).toBe("host_memory");
  expect(answer.shortfall?.missingBytes).toBeGreaterThan(4 * GiB);
  const more = answer.shortfall?.changes.find(({ kind }) => kind === "more-memory");
  const added = (more?.bytes ?? 0) / GiB;
  expect(planFit(qwq, exampleMachine(8 + added), DEFAULT_WORKLOAD).fits).toBe(true);
  expect(planFit(qwq, exampleMachine(8 + added - 1), DEFAULT_WORKLOAD).fits).toBe(false);
});
