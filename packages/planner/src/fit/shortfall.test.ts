import {
  DEFAULT_WORKLOAD,
  type DeviceProfile,
  type FitChange,
  GiB,
  type HardwareProfile,
  MiB,
} from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleGpu, exampleMachine, exampleQwq } from "./example-values.ts";
import { planFit } from "./plan-fit.ts";
import type { PlanOptions } from "./plan-options.ts";

const qwq = exampleQwq();
const four: PlanOptions = { quantizations: ["Q4_K_M"] };

function changeOf(
  kind: FitChange["kind"],
  machine: HardwareProfile,
  options: PlanOptions = four,
  workload = DEFAULT_WORKLOAD,
): FitChange {
  const { fits, shortfall } = planFit(qwq, machine, workload, options);
  expect(fits).toBe(false);
  const change = shortfall?.changes.find((found) => found.kind === kind);
  if (change === undefined)
    throw new Error(`no ${kind} among ${JSON.stringify(shortfall?.changes)}`);
  return change;
}

const fitsWith = (machine: HardwareProfile, options = four, workload = DEFAULT_WORKLOAD): boolean =>
  planFit(qwq, machine, workload, options).fits;

const metal = (limitGiB: number): DeviceProfile =>
  exampleGpu(limitGiB, {
    id: "apple:0",
    vendor: "Apple",
    backends: ["metal"],
    unified: true,
    freeBytes: limitGiB * GiB,
  });

describe("changes to the request", () => {
  test("a smaller quantization, the best that fits", () => {
    const { text } = changeOf("smaller-quantization", exampleMachine(18));
    expect(text).toContain("Q3_K_M");
    expect(fitsWith(exampleMachine(18), { quantizations: ["Q3_K_M"] })).toBe(true);
  });

  test("less context, about as much as fits", () => {
    const long = { ...DEFAULT_WORKLOAD, contextTokens: 65_536 };
    const { text } = changeOf("less-context", exampleMachine(24), four, long);
    const tokens = Number(/context of (\d+)/.exec(text)?.[1]);
    const at = (contextTokens: number): boolean =>
      fitsWith(exampleMachine(24), four, { ...long, contextTokens });
    expect([at(tokens), at(tokens + 1024)]).toEqual([true, false]);
  });

  test("fewer sequences", () => {
    const many = { ...DEFAULT_WORKLOAD, concurrency: 8 };
    const { text } = changeOf("fewer-sequences", exampleMachine(24), four, many);
    const concurrency = Number(/^(\d+)/.exec(text)?.[1]);
    const at = (count: number): boolean =>
      fitsWith(exampleMachine(24), four, { ...many, concurrency: count });
    expect([at(concurrency), at(concurrency + 1)]).toEqual([true, false]);
  });

  test("a smaller type of the KV cache, where one was fixed", () => {
    const fixed: PlanOptions = { ...four, kvCacheTypes: ["f16"] };
    const long = { ...DEFAULT_WORKLOAD, contextTokens: 32_768 };
    expect(changeOf("kv-cache-type", exampleMachine(25), fixed, long).text).toContain("q8_0");
  });
});

describe("changes to the machine", () => {
  test("processes that hold device memory are named", () => {
    const held = exampleGpu(24, {
      freeBytes: 2 * GiB,
      processes: [{ pid: 77, name: "blender", memoryBytes: 21 * GiB }],
    });
    const change = changeOf("free-device-memory", exampleMachine(6, [held]));
    expect(change.text).toContain("blender (77, 21.0 GiB)");
    expect(change.bytes).toBe(21 * GiB);
  });

  test("Metal's limit that would take all layers is told with the plan that does without", () => {
    const { os, ...mac } = exampleMachine(36, [metal(16)]);
    const machine = { ...mac, os: { ...os, platform: "darwin" as const } };
    const { choice } = planFit(qwq, machine, DEFAULT_WORKLOAD, four);
    expect(choice?.offloadedLayers).toBeLessThan(65);
    const limit = Number(/wired_limit_mb=(\d+)/.exec(choice?.notes.join(" ") ?? "")?.[1]);
    const at = (mebibytes: number): number =>
      planFit(qwq, { ...machine, devices: [metal(mebibytes / 1024)] }, DEFAULT_WORKLOAD, {
        ...four,
        kvCacheTypes: [choice?.kvCacheType ?? "f16"],
      }).choice?.offloadedLayers ?? 0;
    expect(at(limit + 64)).toBe(65);
    expect(at(limit - 2048)).toBeLessThan(65);
  });

  test("a container's limit is raised to about the least that does", () => {
    const machine = exampleMachine(64);
    const memory = {
      ...machine.memory,
      limitBytes: 8 * GiB,
      availableBytes: 7 * GiB,
      limitSource: "cgroup v2 /docker/1",
    };
    const change = changeOf("raise-container-limit", { ...machine, memory });
    const added = change.bytes ?? 0;
    const at = (bytes: number): boolean =>
      fitsWith({
        ...machine,
        memory: {
          ...memory,
          limitBytes: memory.limitBytes + bytes,
          availableBytes: 7 * GiB + bytes,
        },
      });
    expect([at(added), at(added - 256 * MiB)]).toEqual([true, false]);
  });

  test("host memory that other programs hold", () => {
    const machine = exampleMachine(32);
    const memory = { ...machine.memory, availableBytes: 4 * GiB };
    const change = changeOf("free-host-memory", { ...machine, memory });
    const availableBytes = memory.availableBytes + (change.bytes ?? 0);
    expect(fitsWith({ ...machine, memory: { ...memory, availableBytes } })).toBe(true);
  });
});

test("a context beyond the model's is told as such", () => {
  const beyond = { ...DEFAULT_WORKLOAD, contextTokens: 200_000 };
  const { shortfall } = planFit(qwq, exampleMachine(128), beyond);
  expect(shortfall?.limit).toBe("context");
  expect(shortfall?.changes.map(({ kind }) => kind)).toEqual(["less-context"]);
  expect(shortfall?.changes[0]?.text).toContain("131072");
});

test("a model without any file that an engine reads is told as such", () => {
  const { shortfall } = planFit({ ...qwq, weights: [] }, exampleMachine(64), DEFAULT_WORKLOAD);
  expect(shortfall).toMatchObject({ limit: "engine", changes: [] });
});
