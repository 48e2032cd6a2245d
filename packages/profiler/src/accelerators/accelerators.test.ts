import { MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { devicesOf, profileOf } from "../test-support/recordings.ts";

/* Own samples in the tools' layouts; the figures are made up. They always run. */
describe("each vendor's tool", () => {
  test.each([
    [
      "mthreads-gmi",
      "    mthreads-gmi:1.12    Driver Version:2.7.0\n" +
        "0    MTT S4000            |00000000:3B:00.0    |12%   1024MiB(49152MiB)\n" +
        "     Physical             |16x(16x)            |40C   YES\n" +
        "1    MTT S4000            |00000000:86:00.0    |0%    2MiB(49152MiB)\n",
      [
        ["moore-threads:0", "MTT S4000", 49152, 48128, "0000:3b:00.0"],
        ["moore-threads:1", "MTT S4000", 49152, 49150, "0000:86:00.0"],
      ],
    ],
    [
      "cnmon",
      "| CNMON v5.10.13                                               Driver v5.10.13 |\n" +
        "| 0     /   MLU590-M9    v1.1.6 |         0000:39:00.0 | 0%                N/A |\n" +
        "|  N/A  32C        106 W/ 500 W |   100 MiB/ 81920 MiB | N/A           Default |\n",
      [["cambricon:0", "Cambricon MLU590-M9", 81920, 81820, "0000:39:00.0"]],
    ],
    [
      "mx-smi",
      "| MX-SMI 2.0.12                       Kernel Mode Driver Version: 2.0.12          |\n" +
        "| 3           MXC500                 | 0000:0f:00.0        | 0%                   |\n" +
        "| 35C         56W                    | 914/65536 MiB       |                      |\n",
      [["metax:3", "MXC500", 65536, 64622, "0000:0f:00.0"]],
    ],
    [
      "ixsmi",
      "|  IX-ML: 4.0.0       Driver Version: 4.1.0       CUDA Version: 10.2           |\n" +
        "| 1    Iluvatar MR-V100         | 00000000:0A:00.0     | 500MHz    1600MHz    |\n" +
        "| 0%   33C   P0    60W / 150W   | 64MiB / 32768MiB     | 0%        Default    |\n",
      [["iluvatar:1", "Iluvatar MR-V100", 32768, 32704, "0000:0a:00.0"]],
    ],
    [
      "bm-smi",
      // A board with two chips: the second has nothing on its left.
      "| 0  SC7-HP75    PCIE HQATEVBAIAIAI0001 | 0    42C     45C     12W   750mV  OFF    N/A          0% |\n" +
        "|   N/A   N/A   N/A   25M    1000M   N/A|000:01:00.0 Active   1000M       N/A     0MB/14679MB      |\n" +
        "|                                       | 1    42C     45C     12W   750mV  OFF    N/A          0% |\n" +
        "|                                       |000:02:00.0 Active   1000M       N/A   100MB/14679MB      |\n",
      [
        ["sophgo:0", "Sophgo SC7-HP75", 14679, 14679, "0000:01:00.0"],
        ["sophgo:1", "Sophgo SC7-HP75", 14679, 14579, "0000:02:00.0"],
      ],
    ],
  ])("%s", async (program, stdout, expected) => {
    const devices = await devicesOf({ [program]: stdout });
    expect(
      devices.map(({ id, name, memoryBytes, freeBytes, pciAddress }) => [
        id,
        name,
        (memoryBytes ?? 0) / MiB,
        (freeBytes ?? 0) / MiB,
        pciAddress,
      ]),
    ).toEqual(expected);
  });

  test("brsmi's columns are read as we asked for them, and marked unverified", async () => {
    const devices = await devicesOf({
      brsmi: "0, 512, 32000, Biren106M\n1, 0, 32512, Biren106M\n",
    });
    expect(devices).toMatchObject([
      { name: "Biren106M", memoryBytes: 32512 * MiB, freeBytes: 32000 * MiB, unverified: true },
      { name: "Biren106M", memoryBytes: 32512 * MiB, freeBytes: 32512 * MiB, unverified: true },
    ]);
  });
});

function pci(id: string, pciClass: string, slot: string): Record<string, string> {
  return {
    [`/sys/bus/pci/devices/${slot}/uevent`]: `PCI_CLASS=${pciClass}\nPCI_ID=${id}\nPCI_SLOT_NAME=${slot}\n`,
  };
}

describe("without a tool", () => {
  test("a PCI id and a device node are one device, unverified and without a size", async () => {
    const { devices, warnings } = await profileOf({
      files: pci("1F1C:1686", "120000", "0000:01:00.0"),
      directories: { "/dev": ["null", "bm-sophon0", "bmdev-ctl"] },
    });
    expect(devices).toMatchObject([
      {
        vendor: "sophgo",
        name: "Sophgo BM1684X",
        memoryBytes: null,
        unverified: true,
        pciAddress: "0000:01:00.0",
      },
    ]);
    expect(warnings.map(({ code }) => code)).toContain("accelerator_unverified");
  });

  test.each([
    ["huawei", { "/dev": ["davinci0", "davinci1", "davinci_manager"] }, 2],
    ["biren", { "/dev/biren": ["card_0", "card_1", "card_2"] }, 3],
    ["moore-threads", { "/dev": ["mtgpu.0"] }, 1],
    ["cambricon", { "/dev": ["cambricon_dev0", "cambricon_ctl", "cambricon_ipcm0"] }, 1],
    ["iluvatar", { "/dev": ["iluvatar0", "itrctl"] }, 1],
    ["kunlun", { "/dev": ["xpu0", "xpu1", "xpuctrl"] }, 2],
    ["t-head", { "/dev": ["alixpu", "alixpu_ctl", "alixpu_ppu0"] }, 1],
  ])("%s by its nodes", async (vendor, directories, count) => {
    const { devices } = await profileOf({ directories });
    expect(devices.map((device) => [device.vendor, device.unverified, device.memoryBytes])).toEqual(
      Array.from({ length: count }, () => [vendor, true, null]),
    );
  });

  test("a management controller's screen (19e5:1711) is no NPU", async () => {
    const { devices } = await profileOf({ files: pci("19E5:1711", "30000", "0000:05:00.0") });
    expect(devices).toEqual([]);
  });

  test("a Huawei network card is none, an Ascend of an unknown id is one", async () => {
    const { devices } = await profileOf({
      files: {
        ...pci("19E5:0200", "20000", "0000:06:00.0"),
        ...pci("19E5:D999", "120000", "0000:07:00.0"),
      },
    });
    expect(devices).toMatchObject([{ vendor: "huawei", pciAddress: "0000:07:00.0" }]);
  });

  test("lspci tells where sysfs does not", async () => {
    const { devices } = await profileOf({
      commands: {
        "lspci -Dnn": {
          stdout:
            "0000:00:1f.2 SATA controller [0106]: Intel Corporation [8086:2922]\n" +
            "0000:41:00.0 Processing accelerators [1200]: MetaX Tech C500 [9999:0a01] (rev 01)\n",
        },
      },
    });
    expect(devices).toMatchObject([{ vendor: "metax", name: "MetaX C500", unverified: true }]);
  });

  test("a vendor whose tool answered is not counted twice", async () => {
    const { devices } = await profileOf({
      directories: { "/dev": ["mtgpu.0"] },
      commands: {
        "mthreads-gmi": {
          stdout: "0    MTT S80        |00000000:04:00.0    |0%    2MiB(16384MiB)\n",
        },
      },
    });
    expect(devices).toMatchObject([{ id: "moore-threads:0", unverified: false }]);
  });
});

test("NPUs inside CPUs are told by their driver, without a size", async () => {
  const { devices } = await profileOf({
    files: {
      "/sys/class/accel/accel0/device/uevent": "DRIVER=amdxdna\n",
      "/sys/class/accel/accel1/device/uevent": "DRIVER=intel_vpu\n",
    },
    directories: { "/dev": ["fastrpc-cdsp"] },
  });
  expect(
    devices.map(({ kind, vendor, backends, memoryBytes }) => [
      kind,
      vendor,
      ...backends,
      memoryBytes,
    ]),
  ).toEqual([
    ["npu", "amd", "xdna", null],
    ["npu", "intel", "openvino", null],
    ["npu", "qualcomm", "hexagon", null],
  ]);
});
