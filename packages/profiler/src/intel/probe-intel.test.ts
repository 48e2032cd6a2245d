import { GiB } from "@qwq-fit/schema";
import { expect, test } from "vitest";
import { devicesOf, profileOf } from "../test-support/recordings.ts";

/* Own samples in the forms of xpumanager's smi_user_guide and of the i915 and xe drivers' sysfs files. */
const A770 = {
  device_id: 0,
  device_name: "Intel(R) Arc(TM) A770 Graphics",
  device_function_type: "physical",
  pci_bdf_address: "0000:03:00.0",
  pci_device_id: "0x56a0",
  vendor_name: "Intel(R) Corporation",
};

test("xpu-smi's list, and the sizes that only its details have", async () => {
  const devices = await devicesOf({
    "xpu-smi discovery -j": JSON.stringify({ device_list: [A770] }),
    "xpu-smi discovery -d 0 -j": JSON.stringify({
      ...A770,
      driver_version: "1.3.26516",
      memory_physical_size_byte: String(16 * GiB),
      memory_free_size_byte: String(15 * GiB),
    }),
  });
  expect(devices).toMatchObject([
    {
      name: "Intel(R) Arc(TM) A770 Graphics",
      backends: ["sycl"],
      memoryBytes: 16 * GiB,
      freeBytes: 15 * GiB,
      pciAddress: "0000:03:00.0",
      driver: "1.3.26516",
    },
  ]);
});

test("Kunlun's tool of the same name is not Intel's", async () => {
  const { devices, warnings } = await profileOf({
    files: { "/proc/meminfo": "MemTotal: 1024 kB\n" },
    commands: { "xpu-smi": { stdout: "Runtime Version: 4.31\n| Dev-ID | Model |\n" } },
  });
  expect(devices).toEqual([]);
  expect(warnings).toEqual([]);
});

/** sysfs of an Intel GPU. */
function sysfs(id: string, driver: string, slot: string): Record<string, string> {
  return {
    [`/sys/bus/pci/devices/${slot}/uevent`]: `DRIVER=${driver}\nPCI_CLASS=30000\nPCI_ID=${id}\nPCI_SLOT_NAME=${slot}\n`,
  };
}

const MEMINFO = { "/proc/meminfo": "MemTotal: 33554432 kB\nMemAvailable: 25165824 kB\n" };

test("xe's tiles are the card's memory; an integrated GPU beside it shares the machine's", async () => {
  const { devices } = await profileOf({
    files: {
      ...MEMINFO,
      ...sysfs("8086:e20b", "xe", "0000:03:00.0"),
      "/sys/bus/pci/devices/0000:03:00.0/tile0/physical_vram_size_bytes": String(12 * GiB),
      ...sysfs("8086:a780", "i915", "0000:00:02.0"),
    },
  });
  expect(devices).toMatchObject([
    { name: "Intel Battlemage G21 [Arc B580]", memoryBytes: 12 * GiB, unified: false },
    { unified: true, memoryBytes: 32 * GiB, freeBytes: 24 * GiB, pciAddress: "0000:00:02.0" },
  ]);
});

test("an integrated GPU has what Vulkan's driver gives it, not all of the memory", async () => {
  const vulkan = `GPU0:
	vendorID = 0x8086
	deviceID = 0xa780
	deviceType = PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU
	deviceName = Intel(R) UHD Graphics 770 (RPL-S)
	memoryHeaps[0]:
		size = ${24 * GiB} (0x0)
		flags: count = 1
			MEMORY_HEAP_DEVICE_LOCAL_BIT
`;
  const { devices } = await profileOf({
    files: { ...MEMINFO, ...sysfs("8086:a780", "i915", "0000:00:02.0") },
    commands: { vulkaninfo: { stdout: vulkan } },
  });
  expect(devices).toMatchObject([
    {
      name: "Intel(R) UHD Graphics 770 (RPL-S)",
      backends: ["vulkan"],
      memoryBytes: 24 * GiB,
      unified: true,
    },
  ]);
});

test("i915's local memory", async () => {
  const { devices } = await profileOf({
    files: {
      ...sysfs("8086:56a5", "i915", "0000:03:00.0"),
      "/sys/bus/pci/devices/0000:03:00.0/drm/card1/lmem_total_bytes": String(6 * GiB),
    },
  });
  expect(devices).toMatchObject([{ memoryBytes: 6 * GiB, unified: false }]);
});
