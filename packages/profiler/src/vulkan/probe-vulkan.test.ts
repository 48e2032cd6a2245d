import { existsSync, readFileSync } from "node:fs";
import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { probeHardware } from "../probe.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import { parseVulkanSummary } from "./parse-vulkaninfo.ts";

/* In the form of vulkaninfo 1.3 (Vulkan-Tools, vulkaninfo.cpp, summary); ids from the PCI ID repository. */
function gpu(index: number, name: string, vendor: string, device: string, type: string): string {
  return `GPU${index}:
	apiVersion         = 1.3.255
	vendorID           = 0x${vendor}
	deviceID           = 0x${device}
	deviceType         = PHYSICAL_DEVICE_TYPE_${type}
	deviceName         = ${name}
	driverName         = driver
	driverInfo         = 1.0
`;
}

const NVIDIA = `<nvidia_smi_log><driver_version>550</driver_version>
<gpu id="00000000:01:00.0"><product_name>NVIDIA GeForce RTX 4090</product_name><pci><pci_device_id>268410DE</pci_device_id></pci>
<fb_memory_usage><total>24564 MiB</total><used>0 MiB</used><free>24000 MiB</free></fb_memory_usage></gpu></nvidia_smi_log>`;

function profile(summary: string, full: string = ""): ReturnType<typeof probeHardware> {
  return probeHardware({
    ports: createRecordedPorts({
      schemaVersion: 1,
      files: { "/proc/meminfo": "MemTotal: 33554432 kB\nMemAvailable: 20971520 kB\n" },
      commands: {
        "nvidia-smi -q -x": { stdout: NVIDIA },
        "vulkaninfo --summary": { stdout: `VULKANINFO\n${summary}` },
        vulkaninfo: { stdout: full },
      },
    }),
  });
}

describe("a GPU seen by two tools", () => {
  test("is one device with both backends and the vendor tool's figures", async () => {
    const { devices } = await profile(
      gpu(0, "NVIDIA GeForce RTX 4090", "10de", "2684", "DISCRETE_GPU"),
    );
    expect(devices).toHaveLength(1);
    expect(devices[0]).toMatchObject({
      id: "nvidia:0",
      backends: ["cuda", "vulkan"],
      memoryBytes: 24564 * MiB,
    });
  });

  test("llvmpipe beside it is visible, marked, and last", async () => {
    const { devices } = await profile(
      gpu(0, "NVIDIA GeForce RTX 4090", "10de", "2684", "DISCRETE_GPU") +
        gpu(1, "llvmpipe (LLVM 17.0.6, 256 bits)", "10005", "0000", "CPU"),
    );
    expect(devices.map(({ name, software }) => [name, software ?? false])).toEqual([
      ["NVIDIA GeForce RTX 4090", false],
      ["llvmpipe (LLVM 17.0.6, 256 bits)", true],
    ]);
  });

  test("an integrated GPU that only Vulkan knows is a second device, with its own heaps alone", async () => {
    const full = `GPU1:
VkPhysicalDeviceMemoryProperties:
memoryHeaps: count = 2
	memoryHeaps[0]:
		size   = 4294967296 (0x100000000) (4.00 GiB)
		budget = 3221225472 (0xc0000000) (3.00 GiB)
		usage  = 1073741824 (0x40000000) (1.00 GiB)
		flags: count = 1
			MEMORY_HEAP_DEVICE_LOCAL_BIT
	memoryHeaps[1]:
		size   = 16000000000 (0x3b9aca000) (14.90 GiB)
		flags:
			None
`;
    const { devices } = await profile(
      gpu(0, "NVIDIA GeForce RTX 4090", "10de", "2684", "DISCRETE_GPU") +
        gpu(1, "AMD Radeon Graphics (RADV RAPHAEL_MENDOCINO)", "1002", "164e", "INTEGRATED_GPU"),
      full,
    );
    expect(devices[1]).toMatchObject({
      vendor: "amd",
      memoryBytes: 4 * GiB,
      freeBytes: 2 * GiB,
      unified: true,
      backends: ["vulkan"],
    });
  });
});

describe("without vulkaninfo", () => {
  test("a driver's manifest adds the backend to its vendor's devices and invents none", async () => {
    const { devices } = await probeHardware({
      ports: createRecordedPorts({
        schemaVersion: 1,
        commands: { "nvidia-smi -q -x": { stdout: NVIDIA } },
        directories: {
          "/usr/share/vulkan/icd.d": [
            "nvidia_icd.json",
            "radeon_icd.x86_64.json",
            "lvp_icd.x86_64.json",
          ],
        },
      }),
    });
    expect(devices).toMatchObject([
      { id: "nvidia:0", backends: ["cuda", "vulkan"] },
      { name: "llvmpipe (software Vulkan)", software: true, memoryBytes: null },
    ]);
  });
});

test.each([
  ["garbage", "unreadable"],
  ["VULKANINFO\nno devices\n", "parsed"],
  ["", "unreadable"],
])("%j is %s", (text, kind) => {
  expect(parseVulkanSummary(text).kind).toBe(kind);
});

const FIXTURES = new URL("../../../../../shared/fixtures/llmfit/", import.meta.url);

describe.skipIf(!existsSync(FIXTURES))(
  "recorded summaries (skipped where ../shared/fixtures does not stand beside the checkout)",
  () => {
    const read = (file: string): ReturnType<typeof parseVulkanSummary> =>
      parseVulkanSummary(readFileSync(new URL(file, FIXTURES), "utf8"));

    test("the short form names its devices", () => {
      const parsed = read("mixed-vulkan-summary.txt");
      expect(parsed.kind === "parsed" ? parsed.value.map(({ name }) => name) : []).toEqual([
        "AMD Radeon RX 7900 XTX (RADV NAVI31)",
        "AMD Radeon RX 7800 XT (RADV NAVI32)",
        "NVIDIA GeForce RTX 4070",
      ]);
    });

    test("the malformed form is unreadable", () => {
      expect(read("mixed-vulkan-malformed.txt").kind).toBe("unreadable");
    });
  },
);
