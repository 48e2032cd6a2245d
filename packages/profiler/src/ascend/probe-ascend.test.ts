import { MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import {
  devicesOf,
  hasShared,
  profileOf,
  readShared,
  SKIP_REASON,
} from "../test-support/recordings.ts";
import { parseNpuMapping } from "./parse-npu-smi.ts";

/* Own samples in npu-smi's layouts; the figures are made up. */
const LAYOUT_310P = `+--------------------------------------------------------------------------------------------------------+
| npu-smi 24.1.rc2                                 Version: 24.1.rc2                                     |
+-------------------------------+-----------------+------------------------------------------------------+
| NPU     Name                  | Health          | Power(W)     Temp(C)           Hugepages-Usage(page) |
| Chip    Device                | Bus-Id          | AICore(%)    Memory-Usage(MB)                        |
+===============================+=================+======================================================+
| 3       310P3                 | OK              | NA           44                0     / 0             |
| 0       0                     | 0000:01:00.0    | 0            1500 / 44280                            |
+-------------------------------+-----------------+------------------------------------------------------+
| 3       310P3                 | OK              | NA           43                0     / 0             |
| 1       1                     | 0000:01:00.0    | 0            1200 / 43693                            |
+===============================+=================+======================================================+
+-------------------------------+-----------------+------------------------------------------------------+
| NPU     Chip                  | Process id      | Process name             | Process memory(MB)        |
+===============================+=================+======================================================+
| 3       1                     | 4242            | python3                  | 900                       |
+===============================+=================+======================================================+
`;

/* The layout of npu-smi 25.7: number and name are columns of their own. */
const LAYOUT_950 = `+-------------------------------------------------------------------------------------------------+
| npu-smi 25.7.rc1.6                               Version: 25.7.rc1.6                            |
+--------+------------------+---------------+-----------------------------------------------------+
| NPU ID | Name             | Health        | Power(W)    Temp(C)           Hugepages-Usage(page) |
|        |                  | Bus-Id        | NPU Util(%) Memory-Usage(MB)  HBM-Usage(MB)         |
+========+==================+===============+=====================================================+
| 0      | Ascend950PR      | OK            | 180.0       50                0     / 0             |
|        |                  | 0000:01:00.0  | 0           0    / 0          4096  / 131072        |
+--------+------------------+---------------+-----------------------------------------------------+
| 1      | Ascend950PR      | OK            | 181.0       51                0     / 0             |
|        |                  | 0000:02:00.0  | 0           0    / 0          0     / 131072        |
+--------+------------------+---------------+-----------------------------------------------------+
`;

describe("npu-smi", () => {
  test("a 300I Duo is two chips of one card, each with its memory and processes", async () => {
    const devices = await devicesOf({ "npu-smi info": LAYOUT_310P });
    expect(devices).toMatchObject([
      {
        id: "ascend:3:0",
        kind: "npu",
        vendor: "huawei",
        name: "Ascend 310P3",
        backends: ["cann"],
        memoryBytes: 44280 * MiB,
        freeBytes: 42780 * MiB,
        driver: "24.1.rc2",
        processes: [],
      },
      {
        id: "ascend:3:1",
        memoryBytes: 43693 * MiB,
        processes: [{ pid: 4242, name: "python3", memoryBytes: 900 * MiB }],
      },
    ]);
    expect(devices[0]?.notes).toEqual(["chip 0 of 2 on card 3 (Atlas 300I Duo)"]);
  });

  test("the layout of 25.7", async () => {
    const devices = await devicesOf({ "npu-smi info": LAYOUT_950 });
    expect(
      devices.map(({ id, name, memoryBytes, freeBytes }) => [id, name, memoryBytes, freeBytes]),
    ).toEqual([
      ["ascend:0:0", "Ascend950PR", 131072 * MiB, 126976 * MiB],
      ["ascend:1:0", "Ascend950PR", 131072 * MiB, 131072 * MiB],
    ]);
  });

  test("a masked name is the mapping's", async () => {
    const devices = await devicesOf({
      "npu-smi info": LAYOUT_310P.replaceAll("310P3", "xxx  "),
      "npu-smi info -m":
        "NPU ID                         Chip ID                        Chip Logic ID                  Chip Name\n" +
        "3                              0                              0                              Ascend 310P3\n" +
        "3                              1                              1                              Ascend 310P3\n" +
        "3                              2                              -                              Mcu\n",
    });
    expect(devices.map(({ name }) => name)).toEqual(["Ascend 310P3", "Ascend 310P3"]);
  });

  test("a table that cannot be read leaves the mapping's chips, without sizes", async () => {
    const { devices, warnings } = await profileOf({
      commands: {
        "npu-smi info": { stdout: "a layout of the future" },
        "npu-smi info -m": {
          stdout: "NPU ID  Chip ID  Chip Logic ID  Chip Name\n0  0  0  Ascend 910B3\n",
        },
      },
    });
    expect(devices).toMatchObject([{ name: "Ascend 910B3", memoryBytes: null }]);
    expect(warnings.map(({ code }) => code)).toContain("npu_smi_unreadable");
  });

  test("without the driver, as in a container, it says what to mount", async () => {
    const { warnings } = await profileOf({
      commands: {
        "npu-smi info": {
          stdout: "",
          stderr:
            "npu-smi: error while loading shared libraries: libdrvdsmi_host.so: cannot open shared object file",
          exitCode: 127,
        },
      },
    });
    expect(warnings.map(({ code }) => code)).toContain("ascend_driver_missing");
  });
});

test("the mapping of 25.7 has more columns", () => {
  expect(
    parseNpuMapping(
      "NPU ID    Slot ID   Chip ID   Chip Logic ID   Chip Phy-ID   Chip Name\n" +
        "2         1         0         4               4             Ascend950PR\n",
    ),
  ).toEqual([{ npu: 2, chip: 0, name: "Ascend950PR" }]);
});

describe.skipIf(!hasShared("fixtures/gpustack"))(`recorded (${SKIP_REASON})`, () => {
  const read = (name: string): string =>
    readShared(`fixtures/gpustack/ai-server_atlas-800-${name}.txt`);

  test("an Atlas 800 with four 310 chips on a card, in two layouts", async () => {
    for (const version of ["1.0.0-1.0.10", "1.0.11-1.0.15"]) {
      const devices = await devicesOf({
        "npu-smi info": read(`inference-server_model-3000_version-${version}`),
        "npu-smi info -m": read(`inference-server_model-3000_version-${version}_mapping`),
      });
      expect(devices.map(({ name, memoryBytes }) => [name, memoryBytes])).toEqual(
        Array.from({ length: 4 }, () => ["Ascend 310", 8192 * MiB]),
      );
    }
  });

  test("an Atlas 800 9010 with eight 910A: HBM is the memory", async () => {
    const devices = await devicesOf({
      "npu-smi info": read("training-server_model-9010_version-6.0.RC1"),
      "npu-smi info -m": read("training-server_model-9010_version-6.0.RC1_mapping"),
    });
    expect(devices).toHaveLength(8);
    expect(new Set(devices.map(({ name }) => name))).toEqual(new Set(["Ascend 910A"]));
    expect(new Set(devices.map(({ memoryBytes }) => memoryBytes))).toEqual(new Set([32768 * MiB]));
  });
});
