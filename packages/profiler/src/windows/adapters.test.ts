import { existsSync, readFileSync } from "node:fs";
import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { probeHardware } from "../probe.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import { createAdapterSightings, parseAdapterLines } from "./adapters.ts";

/* Lines as ADAPTER_SCRIPT prints them; names and ids in Windows's documented forms. No Windows machine was at hand. */
const LAPTOP = [
  "controller|NVIDIA GeForce RTX 4070 Laptop GPU||PCI\\VEN_10DE&DEV_2860&SUBSYS_0000|32.0.15.6094",
  "controller|AMD Radeon 780M Graphics||PCI\\VEN_1002&DEV_15BF&SUBSYS_0000|32.0.12033.1030",
  "controller|Parsec Virtual Display Adapter||ROOT\\PARSEC\\0000|0.45",
  "controller|Microsoft Basic Render Driver||ROOT\\BASICRENDER|10.0",
  "controller|IddSampleDriver Device||ROOT\\IDD|1.0",
  `registry|NVIDIA GeForce RTX 4070 Laptop GPU|${8 * GiB}|PCI\\VEN_10DE&DEV_2860|32.0.15.6094`,
  `registry|AMD Radeon 780M Graphics|${512 * MiB}|PCI\\VEN_1002&DEV_15BF|32.0.12033.1030`,
  `directx|AMD Radeon 780M Graphics|${512 * MiB}|PCI\\VEN_1002&DEV_15BF|`,
].join("\r\n");

const NVIDIA_XML = `<?xml version="1.0" ?><nvidia_smi_log><driver_version>560.94</driver_version>
<gpu id="00000000:01:00.0"><product_name>NVIDIA GeForce RTX 4070 Laptop GPU</product_name>
<driver_model><current_dm>WDDM</current_dm></driver_model>
<pci><pci_device_id>286010DE</pci_device_id></pci>
<fb_memory_usage><total>8188 MiB</total><reserved>224 MiB</reserved><used>900 MiB</used><free>7064 MiB</free></fb_memory_usage>
</gpu></nvidia_smi_log>`;

describe("a hybrid Windows laptop", () => {
  const ports = createRecordedPorts({
    schemaVersion: 1,
    platform: "win32",
    commands: {
      powershell: { stdout: LAPTOP },
      "nvidia-smi -q -x": { stdout: NVIDIA_XML },
    },
    directories: { "C:\\Windows\\System32": ["vulkan-1.dll"] },
    facts: {
      cpuModels: Array.from({ length: 16 }, () => "AMD Ryzen 9 7940HS"),
      totalBytes: 32 * GiB,
      freeBytes: 20 * GiB,
      usableCores: 16,
    },
    cpuDetails: {
      vendor: "AMD",
      physicalCores: 8,
      performanceCores: 8,
      efficiencyCores: 0,
      cacheBytes: { l1d: 32768, l2: 1 * MiB, l3: 16 * MiB },
      instructionSets: [],
    },
  });

  test("is two devices, never their sum; virtual adapters are none", async () => {
    const { devices } = await probeHardware({ ports });
    expect(devices.map(({ name }) => name)).toEqual([
      "NVIDIA GeForce RTX 4070 Laptop GPU",
      "AMD Radeon 780M Graphics",
    ]);
    expect(devices[0]).toMatchObject({
      backends: ["cuda", "vulkan"],
      memoryBytes: 8188 * MiB,
      freeBytes: 7064 * MiB,
      unified: false,
    });
    expect(devices[0]?.notes.join()).toContain("WDDM");
    expect(devices[1]).toMatchObject({
      backends: ["vulkan"],
      memoryBytes: 512 * MiB,
      unified: true,
    });
  });

  test("has its cores from systeminformation", async () => {
    const { cpu, memory } = await probeHardware({ ports });
    expect(cpu).toMatchObject({ physicalCores: 8, logicalCores: 16, efficiencyCores: null });
    expect(memory).toMatchObject({ totalBytes: 32 * GiB, availableBytes: 20 * GiB });
  });
});

test("a Snapdragon's GPU shares the machine's memory", () => {
  const line = "controller|Qualcomm(R) Adreno(TM) X1-85 GPU||ACPI\\VEN_QCOM&DEV_0C36|31.0";
  const [sighting] = createAdapterSightings(parseAdapterLines(line));
  expect(sighting?.device).toMatchObject({ vendor: "qualcomm", unified: true, memoryBytes: null });
});

test("a card above 4 GB has its whole size, and two like cards are two", () => {
  const lines = [
    "controller|AMD Radeon AI PRO R9700||PCI\\VEN_1002&DEV_7551|32.0",
    "controller|AMD Radeon AI PRO R9700||PCI\\VEN_1002&DEV_7551|32.0",
    `directx|AMD Radeon AI PRO R9700|${32 * GiB}|PCI\\VEN_1002&DEV_7551|`,
  ].join("\n");
  const sightings = createAdapterSightings(parseAdapterLines(lines));
  expect(sightings.map(({ device }) => device.memoryBytes)).toEqual([32 * GiB, 32 * GiB]);
});

describe.skipIf(!existsSync(new URL("../../../../../shared/fixtures/llmfit/", import.meta.url)))(
  "recorded lines (skipped where ../shared/fixtures does not stand beside the checkout)",
  () => {
    const read = (file: string): string =>
      readFileSync(
        new URL(`../../../../../shared/fixtures/llmfit/${file}`, import.meta.url),
        "utf8",
      );

    test("registry sizes pass 4 GB; malformed lines are left out", () => {
      const sightings = createAdapterSightings(
        parseAdapterLines(read("windows-registry-vram.txt")),
      );
      expect(sightings.map(({ device }) => [device.name, device.memoryBytes])).toEqual([
        ["AMD Radeon PRO V710", 30_064_771_072],
        ["NVIDIA GeForce RTX 4070", 12_884_901_888],
      ]);
    });
  },
);
