import { type Catalog, GiB, type HardwareEntry } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { resolveHardware } from "./resolve-hardware.ts";

const entry = (
  name: string,
  memoryGiB: readonly number[],
  change: Partial<HardwareEntry> = {},
): HardwareEntry => ({
  id: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
  name,
  aliases: [],
  vendor: name.split(" ")[0] ?? "",
  kind: "gpu",
  backends: ["cuda"],
  memoryBytes: memoryGiB.map((size) => size * GiB),
  unified: false,
  bandwidthBytesPerSecond: { value: 1e12, source: "test" },
  bandwidthByMemory: [],
  tensorFp16Flops: { value: 1e14, source: "test" },
  shaderFp16Flops: null,
  int8Ops: null,
  loadWatts: null,
  priceUsd: null,
  priceCny: null,
  year: null,
  devices: [],
  cores: null,
  chipsPerCard: 1,
  family: "test",
  notes: [],
  ...change,
});

const apple = { unified: true, kind: "soc", backends: ["metal"] } as const;

const catalog: Catalog = {
  schemaVersion: 1,
  models: [],
  hardware: [
    entry("NVIDIA GeForce RTX 3090", [24]),
    entry("NVIDIA GeForce RTX 3090 Ti", [24]),
    entry("NVIDIA A10G", [24]),
    entry("NVIDIA A100 40GB", [40]),
    entry("NVIDIA A100 SXM 80GB", [80], { aliases: ["A100 80GB"] }),
    entry("NVIDIA GeForce RTX 3070 Laptop GPU", [8], { aliases: ["GeForce RTX 3070 Mobile"] }),
    entry("Huawei Atlas 300I Duo", [96, 48], { chipsPerCard: 2, aliases: ["310P3"] }),
    entry("Huawei Ascend 910B", [64], { aliases: ["910B", "910B2"] }),
    entry("Apple M4 Pro", [24, 48], apple),
    entry("Apple M4", [16, 24], apple),
    entry("Mac mini M4 Pro 24GB", [24], {
      vendor: "Apple",
      kind: "machine",
      devices: [{ id: "apple-m4-pro", count: 1 }],
    }),
    entry("AMD Ryzen AI Max+ 395 (Radeon 8060S)", [128], {
      unified: true,
      aliases: ["Ryzen AI Max+ 395"],
    }),
  ],
  tokenPrices: [],
  instancePrices: [],
  electricityUsdPerKwh: { value: 0.17, source: "test" },
};

function resolved(label: string): readonly [count: number, id: string | null, memoryGiB: number] {
  const found = resolveHardware(label, catalog);
  if (found.kind !== "resolved") throw new Error(`${label}: ${JSON.stringify(found)}`);
  const { devices } = found.hardware;
  const [first] = devices;
  return [devices.length, first?.catalogId ?? null, (first?.memoryBytes ?? 0) / GiB];
}

describe("one machine by many names", () => {
  test.each([
    ["RTX 3090", 1],
    ["rtx3090", 1],
    ["3090", 1],
    ["GeForce RTX 3090 24GB", 1],
    ["2x RTX 3090", 2],
    ["2xRTX3090", 2],
    ["dual 3090", 2],
    ["RTX 3090 x4", 4],
    ["4 × NVIDIA GeForce RTX 3090 24 GB", 4],
  ])("%s", (label, count) => {
    expect(resolved(label)).toEqual([count, "nvidia-geforce-rtx-3090", 24]);
  });

  test("a word that names another product is not passed over", () => {
    expect(resolved("RTX 3090 Ti")[1]).toBe("nvidia-geforce-rtx-3090-ti");
    expect(resolveHardware("RTX 3090 Super", catalog).kind).not.toBe("resolved");
    expect(resolveHardware("RTX 3070", catalog).kind).not.toBe("resolved");
    expect(resolved("3070 mobile")[1]).toBe("nvidia-geforce-rtx-3070-laptop-gpu");
  });

  test("the letters of a name are no unit of memory", () => {
    expect(resolved("NVIDIA A10G")[1]).toBe("nvidia-a10g");
  });

  test("a plus sign in a name does not part it", () => {
    expect(resolved("Ryzen AI Max+ 395")[1]).toBe("amd-ryzen-ai-max-395-radeon-8060s-");
  });
});

test("a card with two chips shows as two devices", () => {
  expect(resolved("Atlas 300I Duo")).toEqual([2, "huawei-atlas-300i-duo", 48]);
  expect(resolved("Atlas 300I Duo 48GB")).toEqual([2, "huawei-atlas-300i-duo", 24]);
});

test("hosts, then devices", () => {
  const found = resolveHardware("2x 8x 910B", catalog);
  expect(found).toMatchObject({ kind: "resolved", hardware: { hostCount: 2 } });
  expect(resolved("2x 8x 910B")[0]).toBe(8);
});

test("a Mac's device takes a part of its memory", () => {
  expect(resolved("Apple M4 Pro 48GB")).toEqual([1, "apple-m4-pro", 36]);
  expect(resolved("M4 Pro, 24GB")).toEqual([1, "apple-m4-pro", 16]);
  const found = resolveHardware("Mac mini M4 Pro 24GB", catalog);
  expect(found).toMatchObject({
    kind: "resolved",
    hardware: { memory: { totalBytes: 24 * GiB }, os: { platform: "darwin" } },
  });
});

test("memory of the host is said apart", () => {
  const found = resolveHardware("RTX 3090 + 128GB RAM", catalog);
  expect(found).toMatchObject({
    kind: "resolved",
    hardware: { memory: { totalBytes: 128 * GiB }, devices: [{ memoryBytes: 24 * GiB }] },
  });
  const silent = resolveHardware("RTX 3090", catalog);
  expect(silent).toMatchObject({ hardware: { memory: { totalBytes: 32 * GiB } } });
  const codes = silent.kind === "resolved" ? silent.hardware.warnings.map(({ code }) => code) : [];
  expect(codes).toEqual(["assumed_memory", "assumed_cpu", "assumed_idle"]);
});

test("several that a name may mean are asked back", () => {
  expect(resolveHardware("A100", catalog)).toEqual({
    kind: "ambiguous",
    candidates: ["NVIDIA A100 40GB", "NVIDIA A100 SXM 80GB"],
  });
  expect(resolved("A100 80GB")[1]).toBe("nvidia-a100-sxm-80gb");
  expect(resolveHardware("Apple M4 512GB", catalog).kind).not.toBe("resolved");
});

test("what nobody knows comes with names that look like it", () => {
  expect(resolveHardware("RTX 3099", catalog)).toMatchObject({
    kind: "unknown",
    near: expect.arrayContaining(["NVIDIA GeForce RTX 3090"]) as unknown,
  });
  for (const label of ["", "  ", "banana", "+", "24GB", "💻 ∞", "x".repeat(2000)]) {
    expect(resolveHardware(label, catalog).kind).toBe("unknown");
  }
});
