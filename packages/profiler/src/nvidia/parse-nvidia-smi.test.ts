import { existsSync, readFileSync } from "node:fs";
import { MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { parseNvidiaSmi, programName } from "./parse-nvidia-smi.ts";

const RECORDINGS = new URL("../../../../../shared/fixtures/telegraf/nvidia_smi/", import.meta.url);

/** Recordings of other people's machines: file, name, total and free MiB, PCI id. */
const EXPECTED = [
  ["a10g.xml", "NVIDIA A10G", 23028, 22569, null],
  ["gtx-1070-ti.xml", "GeForce GTX 1070 Ti", 4096, 4054, null],
  ["gtx-1660-ti.xml", "Graphics Device", 5912, 5912, "10de:2184"],
  ["quadro-p2000-v12.xml", "Quadro P2000", 5120, 5051, "10de:1c30"],
  ["quadro-p400.xml", "Quadro P400", 1998, 1998, "10de:1cb3"],
  ["rtx-3060-v12.xml", "NVIDIA GeForce RTX 3060", 12288, 11806, "10de:2487"],
  ["rtx-3080-v12.xml", "NVIDIA GeForce RTX 3080", 10240, 8938, "10de:2216"],
  ["rtx-3080-v13.xml", "NVIDIA GeForce RTX 3080", 10240, 660, "10de:2216"],
  ["tesla-t4.xml", "Tesla T4", 15360, 13939, "10de:1eb8"],
] as const;

describe.skipIf(!existsSync(RECORDINGS))(
  "recorded nvidia-smi -q -x (skipped where ../shared/fixtures does not stand beside the checkout)",
  () => {
    test.each(EXPECTED)("%s is one %s", (file, name, totalMiB, freeMiB, pciId) => {
      const parsed = parseNvidiaSmi(readFileSync(new URL(file, RECORDINGS), "utf8"));
      if (parsed.kind !== "parsed") throw new Error(parsed.reason);
      expect(parsed.value.cut).toBe(false);
      expect(parsed.value.sightings).toHaveLength(1);
      const [sighting] = parsed.value.sightings;
      expect(sighting?.device).toMatchObject({
        name,
        memoryBytes: totalMiB * MiB,
        freeBytes: freeMiB * MiB,
        unified: false,
      });
      expect(sighting?.pciId).toBe(pciId);
    });
  },
);

describe("programName", () => {
  test.each([
    ["/usr/bin/python3 serve.py", "python3 serve.py"],
    ["/opt/msedge/msedge --type=gpu-process --token=abc", "msedge"],
    ["C:\\Program Files\\LM Studio\\LM Studio.exe", "LM Studio.exe"],
    ["python", "python"],
  ])("%s is told as %s", (line, name) => {
    expect(programName(line)).toBe(name);
  });
});
