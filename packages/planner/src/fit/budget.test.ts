import { GiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { llamaServer, nodeLlamaCpp } from "../engines/llama-rows.ts";
import { budgetsOf } from "./budget.ts";
import { exampleGpu, exampleMachine } from "./example-values.ts";

describe("what a plan may take", () => {
  test("of a device: what is free now, less the engine's margin", () => {
    const machine = exampleMachine(64, [exampleGpu(24, { freeBytes: 20 * GiB })]);
    const margin = Math.floor(1.6 * GiB);
    expect(budgetsOf(machine, nodeLlamaCpp).devices.get("nvidia:0")).toMatchObject({
      freeBytes: 20 * GiB,
      budgetBytes: 20 * GiB - margin,
    });
    expect(budgetsOf(machine, llamaServer).devices.get("nvidia:0")?.budgetBytes).toBe(19 * GiB);
  });

  test("of a small device the binding leaves a share", () => {
    const machine = exampleMachine(64, [exampleGpu(4, { freeBytes: 4 * GiB })]);
    const { marginBytes } = budgetsOf(machine, nodeLlamaCpp).devices.get("nvidia:0") ?? {};
    expect(marginBytes).toBe(Math.floor(4 * GiB * 0.08));
  });

  test("of the host: what is available below the tightest limit", () => {
    const machine = exampleMachine(64);
    const memory = { ...machine.memory, limitBytes: 8 * GiB, limitSource: "cgroup v2 /user.slice" };
    const { host } = budgetsOf({ ...machine, memory }, nodeLlamaCpp);
    expect(host.budgetBytes).toBe(7 * GiB);
    expect(host.source).toContain("cgroup v2 /user.slice");
  });

  test("of a device that shares the machine's memory never more than the machine has", () => {
    const shared = { unified: true, memoryBytes: 48 * GiB, freeBytes: 48 * GiB };
    const machine = exampleMachine(16, [exampleGpu(48, shared)]);
    expect(budgetsOf(machine, nodeLlamaCpp).devices.get("nvidia:0")?.freeBytes).toBe(15 * GiB);
    const silent = { unified: true, memoryBytes: null, freeBytes: null };
    const untold = exampleMachine(16, [exampleGpu(48, silent)]);
    expect(budgetsOf(untold, nodeLlamaCpp).devices.get("nvidia:0")?.freeBytes).toBe(15 * GiB);
  });

  test("of a device that tells nothing: nothing", () => {
    const machine = exampleMachine(16, [exampleGpu(8, { memoryBytes: null, freeBytes: null })]);
    expect(budgetsOf(machine, nodeLlamaCpp).devices.size).toBe(0);
  });
});
