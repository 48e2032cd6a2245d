import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { devicesOf, hasShared, readShared, SKIP_REASON } from "../test-support/recordings.ts";

describe.skipIf(!hasShared("fixtures/telegraf/amd_rocm_smi"))(`recorded (${SKIP_REASON})`, () => {
  test.each([
    ["mi100_rocm571.json", 6, "Arcturus GL-XL [Instinct MI100]", 34342961152, 34336178176],
    [
      "rx6700xt_rocm571.json",
      1,
      "Navi 22 [Radeon RX 6700/6700 XT / 6800M]",
      12868124672,
      11303632896,
    ],
    [
      "rx6700xt_rocm602.json",
      1,
      "Navi 22 [Radeon RX 6700/6700 XT / 6800M]",
      12868124672,
      11295367168,
    ],
    // These two name no card: the name is that of the PCI id.
    [
      "rx6700xt_rocm430.json",
      1,
      "Navi 22 [Radeon RX 6700/6700 XT/6750 XT / 6800M/6850M XT]",
      12868124672,
      11245395968,
    ],
    ["vega-10-XT.json", 1, "Vega 10 XT [Radeon PRO WX 9100]", 17163091968, 17145315328],
    ["vega-20-WKS-GL-XE.json", 1, "Radeon Instinct MI50 32GB", 34342961152, 34332110848],
  ])("%s has %i × %s", async (file, count, name, memoryBytes, freeBytes) => {
    const devices = await devicesOf({
      "rocm-smi -a --json": readShared(`fixtures/telegraf/amd_rocm_smi/${file}`),
    });
    expect(devices).toHaveLength(count);
    for (const device of devices) {
      expect(device).toMatchObject({ name, memoryBytes, freeBytes, vendor: "amd", unified: false });
    }
  });

  test("rocminfo of an RX 7800 XT beside an Intel CPU", async () => {
    const devices = await devicesOf({
      rocminfo: readShared("fixtures/gpustack/amd-gpu-6.2.4-rocminfo.txt"),
    });
    expect(devices).toMatchObject([
      { name: "AMD Radeon RX 7800 XT", memoryBytes: 16368 * MiB, computeCapability: "gfx1101" },
    ]);
  });

  test("a Hygon DCU seen by rocm-smi and rocminfo is one DCU", async () => {
    const devices = await devicesOf({
      "rocm-smi --json": readShared("fixtures/gpustack/hygon-gpu-24.04.3-rocm-smi.json"),
      rocminfo: readShared("fixtures/gpustack/hygon-gpu-24.04.3-rocminfo.txt"),
    });
    expect(devices).toMatchObject([
      {
        vendor: "hygon",
        backends: ["dtk"],
        memoryBytes: 65520 * MiB,
        freeBytes: 65518 * MiB,
        computeCapability: "gfx928",
      },
    ]);
  });

  test("rocm-smi's text form", async () => {
    const devices = await devicesOf({
      "rocm-smi --showmeminfo vram":
        readShared("fixtures/llmfit/mixed-rocm-vram.txt") +
        readShared("fixtures/llmfit/mixed-rocm-product.txt"),
    });
    expect(devices).toMatchObject([{ name: "AMD Radeon RX 7900 XTX", memoryBytes: 24 * GiB }]);
  });
});
