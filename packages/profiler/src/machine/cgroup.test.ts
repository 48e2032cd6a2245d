import { GiB } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import { parseMemoryLimit, probeCpuQuota, probeMemoryGroups } from "./cgroup.ts";
import { probeLinuxMemory } from "./linux-memory.ts";

const MEMINFO =
  "MemTotal: 67108864 kB\nMemAvailable: 62914560 kB\nSwapTotal: 1024 kB\nSwapFree: 512 kB\n";

/** A machine of 64 GiB with 60 GiB available, and these control-group files. Written for these tests. */
function machine(files: Readonly<Record<string, string>>): ReturnType<typeof createRecordedPorts> {
  return createRecordedPorts({ schemaVersion: 1, files: { "/proc/meminfo": MEMINFO, ...files } });
}

const V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

describe("cgroup v2", () => {
  test('"max" everywhere leaves the machine as the limit', async () => {
    const memory = await probeLinuxMemory(
      machine({
        "/proc/self/cgroup": "0::/user.slice\n",
        "/proc/self/mountinfo": V2_MOUNT,
        "/sys/fs/cgroup/user.slice/memory.max": "max\n",
      }),
    );
    expect(memory).toMatchObject({
      limitBytes: 64 * GiB,
      availableBytes: 60 * GiB,
      limitSource: "machine",
      swapTotalBytes: 1024 * 1024,
    });
  });

  test("an ancestor that is tighter than the own group is the limit", async () => {
    const memory = await probeLinuxMemory(
      machine({
        "/proc/self/cgroup": "0::/user.slice/user-1000.slice/app.scope\n",
        "/proc/self/mountinfo": V2_MOUNT,
        "/sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.max": String(32 * GiB),
        "/sys/fs/cgroup/user.slice/user-1000.slice/app.scope/memory.current": String(1 * GiB),
        "/sys/fs/cgroup/user.slice/memory.max": String(16 * GiB),
        "/sys/fs/cgroup/user.slice/memory.current": String(4 * GiB),
      }),
    );
    expect(memory.limitBytes).toBe(16 * GiB);
    expect(memory.limitSource).toBe("cgroup v2 /user.slice");
    expect(memory.availableBytes).toBe(12 * GiB);
  });

  test("inactive file cache that memory.current counts is available", async () => {
    const memory = await probeLinuxMemory(
      machine({
        "/proc/self/cgroup": "0::/\n",
        "/proc/self/mountinfo": V2_MOUNT,
        "/sys/fs/cgroup/memory.max": String(8 * GiB),
        "/sys/fs/cgroup/memory.current": String(7 * GiB),
        "/sys/fs/cgroup/memory.stat": `anon 1000\ninactive_file ${6 * GiB}\nactive_file 5\n`,
      }),
    );
    expect(memory).toMatchObject({ limitBytes: 8 * GiB, availableBytes: 7 * GiB });
  });

  test("a container without a cgroup namespace finds its group at the mount point", async () => {
    const groups = await probeMemoryGroups(
      machine({
        "/proc/self/cgroup": "0::/docker/abc123\n",
        "/proc/self/mountinfo": V2_MOUNT.replace(" / /sys", " /docker/abc123 /sys"),
        "/sys/fs/cgroup/memory.max": String(2 * GiB),
      }),
    );
    expect(groups).toEqual([{ source: "cgroup v2 /", limitBytes: 2 * GiB, heldBytes: 0 }]);
  });
});

describe("cgroup v1", () => {
  const V1 = {
    "/proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n",
    "/proc/self/mountinfo":
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
      "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n",
  };

  test.each(["9223372036854771712", "9223372036854710272"])(
    "the sentinel %s is no limit",
    async (sentinel) => {
      const memory = await probeLinuxMemory(
        machine({ ...V1, "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": sentinel }),
      );
      expect(memory.limitSource).toBe("machine");
    },
  );

  test("a limit counts with the children's inactive file cache", async () => {
    const memory = await probeLinuxMemory(
      machine({
        ...V1,
        "/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": String(4 * GiB),
        "/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes": String(3 * GiB),
        "/sys/fs/cgroup/memory/docker/abc/memory.stat": `inactive_file 1\ntotal_inactive_file ${2 * GiB}\n`,
      }),
    );
    expect(memory).toMatchObject({ limitBytes: 4 * GiB, availableBytes: 3 * GiB });
    expect(memory.limitSource).toBe("cgroup v1 /docker/abc");
  });

  test("the CPU quota is quota over period", async () => {
    const quota = await probeCpuQuota(
      machine({
        ...V1,
        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000\n",
        "/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      }),
    );
    expect(quota).toBe(2.5);
  });
});

test("the tightest CPU quota of the v2 ancestors counts", async () => {
  const quota = await probeCpuQuota(
    machine({
      "/proc/self/cgroup": "0::/a/b\n",
      "/proc/self/mountinfo": V2_MOUNT,
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/a/cpu.max": "150000 100000\n",
    }),
  );
  expect(quota).toBe(1.5);
});

test.each([
  ["max\n", null],
  ["", null],
  ["garbage", null],
  ["4096\n", 4096],
])("a limit's file %j reads as %s", (text, bytes) => {
  expect(parseMemoryLimit(text)).toBe(bytes);
});
