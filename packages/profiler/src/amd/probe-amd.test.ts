import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { devicesOf, profileOf } from "../test-support/recordings.ts";
import { parseAmdSmi } from "./parse-amd-smi.ts";

/* Own samples in the forms that ROCm documents for rocm-smi and amd-smi, and the kernel for amdgpu's sysfs files. */

/** sysfs of an AMD GPU at 0000:c5:00.0. */
function sysfs(
  id: string,
  figures: Readonly<Record<string, string | number>>,
): Readonly<Record<string, string>> {
  const folder = "/sys/bus/pci/devices/0000:c5:00.0";
  const uevent = `DRIVER=amdgpu\nPCI_CLASS=38000\nPCI_ID=${id}\nPCI_SLOT_NAME=0000:c5:00.0\n`;
  const files = Object.entries(figures).map(([name, value]) => [
    `${folder}/mem_info_${name}`,
    `${value}\n`,
  ]);
  return { [`${folder}/uevent`]: uevent, ...Object.fromEntries(files) };
}

const MEMINFO = {
  "/proc/meminfo": `MemTotal: ${(124 * GiB) / 1024} kB\nMemAvailable: ${(100 * GiB) / 1024} kB\n`,
};

describe("Strix Halo", () => {
  test("with a small carve-out has what GTT maps, in one pot with the machine", async () => {
    const { devices, warnings } = await profileOf({
      files: {
        ...MEMINFO,
        ...sysfs("1002:1586", {
          vram_total: 512 * MiB,
          vram_used: 100 * MiB,
          gtt_total: 62 * GiB,
          gtt_used: 1 * GiB,
        }),
      },
    });
    expect(devices).toHaveLength(1);
    expect(devices[0]).toMatchObject({
      vendor: "amd",
      name: "Strix Halo [Radeon 8050S / 8060S Graphics]",
      memoryBytes: 62 * GiB,
      freeBytes: 61 * GiB,
      unified: true,
    });
    expect(devices[0]?.notes.join()).toContain("carve-out 512 MiB, GTT 63488 MiB");
    const advice = warnings.find(({ code }) => code === "amd_gtt_limit");
    expect(advice?.hint).toContain(`ttm.pages_limit=${(116 * GiB) / 4096}`);
  });

  test("ttm.pages_limit caps what GTT claims", async () => {
    const { devices } = await profileOf({
      files: {
        ...MEMINFO,
        ...sysfs("1002:1586", { vram_total: 512 * MiB, gtt_total: 110 * GiB }),
        "/sys/module/ttm/parameters/pages_limit": String((96 * GiB) / 4096),
      },
    });
    expect(devices[0]?.memoryBytes).toBe(96 * GiB);
  });

  test("with a large carve-out has that, apart from the machine's memory", async () => {
    const rocmSmi = JSON.stringify({
      card0: {
        "Device Name": "AMD Radeon Graphics",
        "GFX Version": "gfx1151",
        "PCI Bus": "0000:C5:00.0",
      },
    });
    const { devices } = await profileOf({
      files: sysfs("1002:1586", { vram_total: 96 * GiB, vram_used: GiB, gtt_total: 16 * GiB }),
      commands: { "rocm-smi --json": { stdout: rocmSmi } },
    });
    expect(devices).toMatchObject([
      {
        name: "AMD Radeon Graphics",
        backends: ["rocm"],
        computeCapability: "gfx1151",
        memoryBytes: 96 * GiB,
        freeBytes: 95 * GiB,
        unified: false,
      },
    ]);
  });

  test("a BIOS on Auto that tells 0 bytes of carve-out still has GTT", async () => {
    const { devices } = await profileOf({
      files: sysfs("1002:1586", { vram_total: 0, gtt_total: 48 * GiB }),
    });
    expect(devices[0]).toMatchObject({ memoryBytes: 48 * GiB, unified: true });
  });
});

test("a discrete card's GTT is not its memory", async () => {
  const { devices } = await profileOf({
    files: sysfs("1002:744c", {
      vram_total: 24 * GiB,
      vram_used: 2 * GiB,
      gtt_total: 64 * GiB,
      vram_vendor: "samsung",
    }),
  });
  expect(devices[0]).toMatchObject({ memoryBytes: 24 * GiB, freeBytes: 22 * GiB, unified: false });
});

describe("CPU agents are no GPUs", () => {
  test("in rocm-smi's list", async () => {
    const devices = await devicesOf({
      "rocm-smi --json": JSON.stringify({
        card0: { "Card Series": "AMD EPYC 9654 96-Core Processor" },
        card1: { "Card Series": "AMD Instinct MI210", "VRAM Total Memory (B)": String(64 * GiB) },
      }),
    });
    expect(devices.map(({ name }) => name)).toEqual(["AMD Instinct MI210"]);
  });

  test("in rocminfo's", async () => {
    const agent = (name: string, type: string, kilobytes: number): string =>
      `*******\nAgent 1\n*******\n  Name:  ${name}\n  Marketing Name:  ${name}\n  Vendor Name: AMD\n` +
      `  Device Type:             ${type}\n  BDFID:                   49920\n      Size:                    ${kilobytes}(0x1) KB\n`;
    const devices = await devicesOf({
      rocminfo: agent("AMD Ryzen 9", "CPU", 1_000_000) + agent("gfx1100", "GPU", 25149440),
    });
    expect(devices).toMatchObject([
      { memoryBytes: 25149440 * 1024, pciAddress: "0000:c3:00.0", computeCapability: "gfx1100" },
    ]);
  });
});

describe("amd-smi", () => {
  const facts = [
    {
      gpu: 0,
      asic: {
        market_name: "AMD Radeon AI PRO R9700",
        device_id: "0x7551",
        target_graphics_version: "gfx1201",
      },
      bus: { bdf: "0000:03:00.0" },
      vram: { size: { value: 32624, unit: "MB" } },
      driver: { version: "6.12.12" },
    },
    { gpu: 1, asic: "N/A", bus: { bdf: "0000:c5:00.0" }, vram: { size: "N/A" } },
  ];
  const metrics = [
    {
      gpu: 0,
      mem_usage: {
        total_vram: { value: 32624, unit: "MB" },
        used_vram: { value: 624, unit: "MB" },
      },
    },
  ];

  test.each([
    ["a list", facts, metrics],
    ["ROCm 7's object", { gpu_data: facts }, { gpu_data: metrics }],
  ])("as %s", (_, one, two) => {
    const parsed = parseAmdSmi(JSON.stringify(one), JSON.stringify(two));
    expect(parsed).toMatchObject({
      kind: "parsed",
      value: [
        {
          name: "AMD Radeon AI PRO R9700",
          pciId: "1002:7551",
          pciAddress: "0000:03:00.0",
          target: "gfx1201",
          vramBytes: 32624 * MiB,
          vramUsedBytes: 624 * MiB,
        },
        { name: null, vramBytes: null },
      ],
    });
  });
});

test("a target that rocBLAS has no kernels for is told, with the way out", async () => {
  const { warnings } = await profileOf({
    commands: {
      "rocm-smi --json": {
        stdout: JSON.stringify({ card0: { "Card Series": "Radeon", "GFX Version": "gfx1036" } }),
      },
    },
    directories: {
      "/opt/rocm/lib/rocblas/library": ["TensileLibrary_lazy_gfx1100.dat"],
      "/dev": ["null", "kfd"],
    },
  });
  expect(warnings.map(({ code }) => code)).toContain("amd_target_unsupported");
  expect(warnings.map(({ code }) => code)).not.toContain("amd_kfd_missing");
});
