import { DEFAULT_WORKLOAD, type LocalMeasurement } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { exampleMachine, exampleQwq } from "./example-values.ts";
import { planFit } from "./plan-fit.ts";

const qwq = exampleQwq();
const machine = exampleMachine(24);
const options = { quantizations: ["Q4_K_M"], onlyAskedContext: true };
const { choice } = planFit(qwq, machine, DEFAULT_WORKLOAD, options);

const measurement = (change: Partial<LocalMeasurement> = {}): LocalMeasurement => ({
  schemaVersion: 1,
  method: "measured",
  model: qwq.id,
  quantization: "Q4_K_M",
  engine: "node-llama-cpp",
  engineVersion: "3.22.1",
  backend: "cpu",
  driver: null,
  machine: "this",
  settings: {
    threads: choice?.threads ?? 0,
    batchTokens: choice?.batchTokens ?? 0,
    mmap: choice?.mmap ?? true,
    kvCacheType: choice?.kvCacheType ?? "",
    flashAttention: choice?.flashAttention ?? false,
    offloadedLayers: 0,
    sequences: 1,
  },
  decodeMsPerToken: 819,
  decodeMsPerCachedToken: 0.01,
  prefillTokensPerSecond: 9,
  relativeError: 0.05,
  takenAt: "2026-11-20T00:00:00Z",
  ...change,
});

describe("what was measured here stands above what is predicted", () => {
  const speedWith = (...measurements: LocalMeasurement[]): readonly [string, number] => {
    const answer = planFit(qwq, machine, DEFAULT_WORKLOAD, { ...options, measurements });
    const plan = answer.plans.find(({ id }) => id === choice?.id);
    const { method, expected } = plan?.decodeTokensPerSecond ?? { method: "none", expected: 0 };
    return [method, Math.round(1000 / expected)];
  };

  test("a measurement, with the cache that the workload fills", () => {
    const [method, milliseconds] = speedWith(measurement());
    expect(method).toBe("measured");
    expect(milliseconds).toBeGreaterThan(819);
    expect(milliseconds).toBeLessThan(900);
  });

  test("but not one by another version of the engine", () => {
    expect(speedWith(measurement({ engineVersion: "3.21.1" }))[0]).toBe("predicted");
  });

  test("before a rehearsal, however new", () => {
    const rehearsed = measurement({
      method: "rehearsed",
      decodeMsPerToken: 500,
      takenAt: "2026-11-22T00:00:00Z",
    });
    expect(speedWith(rehearsed, measurement())[0]).toBe("measured");
    expect(speedWith(rehearsed)[0]).toBe("rehearsed");
  });

  test("the newest of its kind", () => {
    const newer = measurement({ decodeMsPerToken: 1500, takenAt: "2026-11-21T00:00:00Z" });
    expect(speedWith(measurement(), newer)[1]).toBeGreaterThan(1500);
  });

  test("a rosier prediction beside it is not chosen for its speed", () => {
    const slow = measurement({ decodeMsPerToken: 3000, decodeMsPerCachedToken: 0 });
    const answer = planFit(qwq, machine, DEFAULT_WORKLOAD, {
      ...options,
      quantizations: ["Q4_K_M", "Q3_K_M"],
      measurements: [
        slow,
        measurement({ ...slow, quantization: "Q3_K_M", decodeMsPerToken: 1000 }),
      ],
    });
    expect(answer.choice?.quantization).toBe("Q3_K_M");
  });

  test("one of other settings says nothing", () => {
    const { settings } = measurement();
    expect(speedWith(measurement({ settings: { ...settings, threads: 1 } }))[0]).toBe("predicted");
    expect(speedWith(measurement({ model: "another" }))[0]).toBe("predicted");
  });
});
