import {
  type DeviceProfile,
  type FitAnswer,
  GiB,
  type HardwareProfile,
  type Workload,
} from "@qwq-fit/schema";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { exampleGpu, exampleMachine, exampleModel } from "./example-values.ts";
import { planFit } from "./plan-fit.ts";

// small enough to plan in milliseconds, with the shapes of the Qwen family
const models = fc
  .record({
    blocks: fc.constantFrom(2, 5),
    embedding: fc.constantFrom(1024, 5120),
    kvHeads: fc.constantFrom(2, 8),
  })
  .map(({ blocks, embedding, kvHeads }) =>
    exampleModel({
      blocks,
      embedding,
      feedForward: embedding * 4,
      heads: embedding / 128,
      kvHeads,
      vocabulary: 32_000,
    }),
  );

const workloads: fc.Arbitrary<Workload> = fc.record({
  promptTokens: fc.integer({ min: 0, max: 8192 }),
  reasoningTokens: fc.integer({ min: 0, max: 16_384 }),
  answerTokens: fc.integer({ min: 0, max: 2048 }),
  contextTokens: fc.integer({ min: 1, max: 140_000 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
});

const gpus: fc.Arbitrary<readonly DeviceProfile[]> = fc.constantFrom<readonly DeviceProfile[]>(
  [],
  [exampleGpu(1)],
  [exampleGpu(2), exampleGpu(2, { id: "nvidia:1" })],
  [exampleGpu(4, { unified: true, backends: ["metal"], vendor: "Apple" })],
  [exampleGpu(3, { freeBytes: null, memoryBytes: null })],
);

const machines: fc.Arbitrary<HardwareProfile> = fc
  .record({ gib: fc.double({ min: 0, max: 16, noNaN: true }), devices: gpus })
  .map(({ gib, devices }) => exampleMachine(gib, devices));

const grown = (machine: HardwareProfile, bytes: number): HardwareProfile => ({
  ...machine,
  memory: {
    ...machine.memory,
    totalBytes: machine.memory.totalBytes + bytes,
    limitBytes: machine.memory.limitBytes + bytes,
    availableBytes: machine.memory.availableBytes + bytes,
  },
  devices: machine.devices.map((device) => ({
    ...device,
    memoryBytes: device.memoryBytes === null ? null : device.memoryBytes + bytes,
    freeBytes: device.freeBytes === null ? null : device.freeBytes + bytes,
  })),
});

const leastBytes = (answer: FitAnswer): number =>
  Math.min(
    ...answer.plans.map(({ memory }) =>
      memory.devices.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    ),
  );

const runs = { numRuns: 25 };

describe("for any model, machine and workload", () => {
  test("no plan is above a budget, and memories that are one pot are not spent twice", () => {
    fc.assert(
      fc.property(models, machines, workloads, (model, machine, workload) => {
        const answer = planFit(model, machine, workload);
        expect(answer.fits).toBe(answer.plans.length > 0);
        expect(answer.shortfall === null).toBe(answer.fits);
        for (const { memory, threads, contextTokens } of answer.plans) {
          for (const row of memory.devices) {
            expect(row.totalBytes).toBeLessThanOrEqual(row.budgetBytes);
          }
          const host = [
            "host",
            ...machine.devices.filter(({ unified }) => unified).map(({ id }) => id),
          ];
          const shared = memory.devices.filter(({ device }) => host.includes(device));
          const spent = shared.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
          expect(spent).toBeLessThanOrEqual(machine.memory.availableBytes);
          expect(threads).toBeLessThanOrEqual(machine.cpu.physicalCores);
          expect(contextTokens).toBeGreaterThanOrEqual(workload.contextTokens);
        }
      }),
      runs,
    );
  });

  test("more memory never makes it stop fitting", () => {
    fc.assert(
      fc.property(
        models,
        machines,
        workloads,
        fc.double({ min: 0, max: 8, noNaN: true }),
        (model, machine, workload, more) => {
          if (!planFit(model, machine, workload).fits) return;
          expect(planFit(model, grown(machine, Math.round(more * GiB)), workload).fits).toBe(true);
        },
      ),
      runs,
    );
  });

  test("a longer context never fits where a shorter one does not, and never needs less", () => {
    fc.assert(
      fc.property(
        models,
        machines,
        workloads,
        fc.integer({ min: 1, max: 65_536 }),
        (model, machine, workload, more) => {
          const longer = { ...workload, contextTokens: workload.contextTokens + more };
          const options = { quantizations: ["Q4_K_M"], kvCacheTypes: ["f16"] } as const;
          const [short, long] = [workload, longer].map((load) =>
            planFit(model, machine, load, options),
          );
          if (long?.fits !== true || short === undefined) return;
          expect(short.fits).toBe(true);
          // with devices a shorter context may leave room for layers, and so use more
          const least = machine.devices.length === 0 ? leastBytes(short) : 0;
          expect(leastBytes(long)).toBeGreaterThanOrEqual(least);
        },
      ),
      runs,
    );
  });
});
