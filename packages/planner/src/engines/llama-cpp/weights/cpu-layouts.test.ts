import type { CpuProfile, TensorInfo } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { cpuFeatures, cpuLayout, layoutBytes } from "./cpu-layouts.ts";

const cpu = (...instructionSets: string[]): CpuProfile => ({
  name: "",
  vendor: "",
  physicalCores: 1,
  logicalCores: 1,
  usableCores: 1,
  performanceCores: null,
  efficiencyCores: null,
  cacheBytes: { l1d: null, l2: null, l3: null },
  instructionSets,
  bandwidthBytesPerSecond: null,
});
const matrix = (type: string, length: number, rows: number, bytes = 0): TensorInfo => ({
  name: "blk.0.attn_q.weight",
  shape: [length, rows],
  type,
  bytes,
});

const AVX2 = cpuFeatures(cpu("avx2"));
const AVX512 = cpuFeatures(cpu("avx2", "avx512f", "avx512bw", "avx512vl"));
const AMX = cpuFeatures(cpu("avx2", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "amx_int8"));
const ARM = cpuFeatures(cpu("dotprod", "i8mm"));
const NONE = cpuFeatures(cpu("avx"));

describe("cpuLayout", () => {
  test.each([
    ["Q4_K", NONE, null],
    ["Q4_K", AVX2, "repack"],
    ["Q4_K", AMX, "amx"],
    ["Q2_K", AVX2, null],
    ["Q2_K", AVX512, "repack"],
    ["Q2_K", AMX, "repack"],
    ["Q6_K", AVX512, null],
    ["Q6_K", ARM, "repack"],
    ["Q6_K", AMX, "amx"],
    ["Q8_0", AVX512, null],
    ["Q8_0", ARM, "repack"],
    ["F16", AVX512, null],
    ["F16", AMX, "amx"],
    ["BF16", AMX, null],
  ] as const)("%s on %o: %s", (type, features, layout) => {
    expect(cpuLayout(matrix(type, 1024, 1024), "MUL_MAT", features)).toBe(layout);
  });

  test("rows must come in the kernels' steps", () => {
    expect(cpuLayout(matrix("Q4_K", 1024, 1001), "MUL_MAT", AVX512)).toBeNull();
    expect(cpuLayout(matrix("Q4_K", 1024, 1000), "MUL_MAT", AMX)).toBe("repack");
  });

  test("experts are repacked, never for AMX; embeddings that are only looked up, not at all", () => {
    const experts = { ...matrix("Q4_K", 1024, 1024), shape: [1024, 1024, 8] };
    expect(cpuLayout(experts, "MUL_MAT_ID", AMX)).toBe("repack");
    expect(cpuLayout(matrix("Q4_K", 1024, 1024), "GET_ROWS", AMX)).toBeNull();
  });

  test("AMX adds sums to the blocks of some types", () => {
    expect(layoutBytes(matrix("Q8_0", 64, 32, 2176), "amx")).toBe(32 * 2 * 38);
    expect(layoutBytes(matrix("Q6_K", 256, 32, 6720), "amx")).toBe(6720);
    expect(layoutBytes(matrix("Q4_K", 256, 32, 4608), "repack")).toBe(4608);
  });
});
