import { GiB, MiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import type { Recording } from "../record/recording.ts";
import { profileOf } from "../test-support/recordings.ts";

const CARD = `<gpu id="00000000:01:00.0"><product_name>NVIDIA L4</product_name>
<fb_memory_usage><total>23034 MiB</total><free>20000 MiB</free></fb_memory_usage></gpu>`;
const TWO_CARDS = {
  "nvidia-smi -q -x": { stdout: `<nvidia_smi_log>${CARD}${CARD}</nvidia_smi_log>` },
};
const MEMINFO = { "/proc/meminfo": "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n" };

async function codesOf(recording: Omit<Recording, "schemaVersion">): Promise<readonly string[]> {
  const { warnings } = await profileOf({ ...recording, files: { ...MEMINFO, ...recording.files } });
  expect(warnings.every(({ hint }) => hint !== null)).toBe(true);
  return warnings.map(({ code }) => code);
}

test("a machine with nothing special has no warning", async () => {
  expect(await codesOf({ commands: TWO_CARDS })).toEqual([]);
});

describe("WSL", () => {
  const files = { "/proc/sys/kernel/osrelease": "5.15.153.1-microsoft-standard-WSL2\n" };

  test("sees a part of the memory, and none of Windows' programs", async () => {
    expect(await codesOf({ files, commands: TWO_CARDS })).toEqual(["wsl_memory", "wsl_processes"]);
  });
});

describe("a container", () => {
  const files = { "/.dockerenv": "" };

  test.each([
    ["Docker's default of shared memory is told", 64 * MiB, ["shm_small"]],
    ["more of it is not", 8 * GiB, []],
  ])("%s", async (_, totalBytes, codes) => {
    const disks = { "/dev/shm": { freeBytes: totalBytes, totalBytes } };
    expect(await codesOf({ files, disks, commands: TWO_CARDS })).toEqual(codes);
  });

  test("its own limit is told", async () => {
    const limited = {
      ...files,
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": String(4 * GiB),
    };
    expect(await codesOf({ files: limited })).toEqual(["memory_limited"]);
  });
});

test("a variable that hides devices is told where there are such devices", async () => {
  const environment = { CUDA_VISIBLE_DEVICES: "0", HIP_VISIBLE_DEVICES: "0" };
  expect(await codesOf({ environment, commands: TWO_CARDS })).toEqual(["devices_hidden"]);
});

test("what Windows does not tell of a CPU is named", async () => {
  const windows = { platform: "win32", facts: { totalBytes: GiB, freeBytes: GiB } };
  expect(await codesOf(windows)).toEqual(["cpu_features_unknown"]);
  const powershell = { stdout: "avx\navx2\n" };
  expect(await codesOf({ ...windows, commands: { powershell } })).toEqual([]);
});

test("old drivers have the memory under another name", async () => {
  const old = CARD.replaceAll("fb_memory_usage", "memory_usage");
  const { devices } = await profileOf({
    commands: { "nvidia-smi -q -x": { stdout: `<nvidia_smi_log>${old}</nvidia_smi_log>` } },
  });
  expect(devices).toMatchObject([{ memoryBytes: 23034 * MiB, freeBytes: 20000 * MiB }]);
});
