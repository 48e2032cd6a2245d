import { MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { devicesOf, hasShared, readShared, SKIP_REASON } from "../test-support/recordings.ts";

interface Sample {
  readonly tool: string;
  readonly chip: string;
  readonly command: string;
  readonly sample: string;
}

/** Chip and command of a recorded sample, and what it shows: count, name, MiB in all and free. */
const EXPECTED: readonly (readonly [
  string,
  string,
  number,
  string,
  number | null,
  number | null,
])[] = [
  ["Ascend 910A", "npu-smi info", 8, "Ascend 910A", 32768, 32768],
  ["Ascend 910A", "npu-smi info (24.1.RC2, with processes)", 8, "Ascend NPU", 32768, 32768],
  ["Ascend 310", "npu-smi info (old, no HBM column, hugepages)", 4, "Ascend 310", 8192, 5489],
  ["Ascend 310", "npu-smi info (20.2.0, no hugepages column)", 4, "Ascend 310", 8192, 5489],
  ["Ascend 310P3", "npu-smi info 22.0.2", 1, "Ascend 310P3", 21534, 20540],
  ["Ascend 910B4", "npu-smi info 25.5.2", 1, "Ascend 910B4", 32768, 29846],
  ["Ascend 910C", "npu-smi info 24.1.rc3.7", 2, "Ascend910 (910C)", 65536, 62124],
  ["MTT S5000", "mthreads-gmi", 1, "MTT S5000", 81920, 81920],
  ["MTT S80", "mthreads-gmi 1.14.0", 1, "MTT S80", 16384, 16382],
  ["Cambricon MLU370-X4", "cnmon v4.20.11", 1, "Cambricon MLU370-X4", 23308, 23308],
  ["Cambricon MLU370-X8", "cnmon v5.10.13", 1, "Cambricon MLU370-X8", 23374, 23374],
  ["Hygon DCU", "hy-smi", 2, "Hygon DCU", null, null],
  ["Hygon DCU", "rocm-smi --json form", 1, "DCU xxxx", 65520, 65518],
  ["MetaX C500", "mx-smi 2.1.12", 1, "MetaX C500", 65536, 59856],
  ["Iluvatar BI-V150", "ixsmi", 1, "Iluvatar BI-V150S", 32768, 32654],
  [
    "Sophgo BM1684 SC5+",
    "bm-smi --start_dev=0 --last_dev=2 --text_format",
    1,
    "Sophgo BM1684 (1684-SC5+)",
    7086,
    7086,
  ],
  ["Sophgo BM1684X", "bm-smi --noloop", 1, "Sophgo BM1684X (1684X-EVB)", 14679, 14679],
];

describe.skipIf(!hasShared("data/detect.json"))(`recorded samples (${SKIP_REASON})`, () => {
  const samples = hasShared("data/detect.json")
    ? (JSON.parse(readShared("data/detect.json")) as { tools: readonly Sample[] }).tools
    : [];

  test.each(EXPECTED)("%s by `%s` is %i × %s", async (chip, command, count, name, total, free) => {
    const sample = samples.find((each) => each.chip === chip && each.command === command);
    const program = sample?.tool.split(" ")[0] ?? "";
    const devices = await devicesOf({ [program]: sample?.sample ?? "" });
    expect(devices).toHaveLength(count);
    expect(devices[0]).toMatchObject({
      name,
      memoryBytes: total === null ? null : total * MiB,
      freeBytes: free === null ? null : free * MiB,
      unverified: false,
    });
  });

  test("no sample is left out but the mapping, tested with the chips, and Biren's, which is none", () => {
    const tested = new Set(EXPECTED.map(([chip, command]) => `${chip}: ${command}`));
    const left = samples.filter(({ chip, command }) => !tested.has(`${chip}: ${command}`));
    expect(left.map(({ chip }) => chip)).toEqual(["Ascend", "Biren"]);
  });
});
