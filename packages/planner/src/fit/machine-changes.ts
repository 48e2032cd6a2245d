import {
  type DeviceProfile,
  type FitChange,
  GiB,
  type HardwareProfile,
  MiB,
} from "@qwq-fit/schema";

import type { Problem } from "./problem.ts";
import { smallestNear } from "./bisect.ts";
import { fitsAnyhow, fitsRoughly } from "./search.ts";

/** Memory is asked for up to this: no machine that one person owns has more. */
const mostAddedGiB = 4096;

/** What macOS keeps when the GPU's limit is raised; raising it further makes the system unusable. Unverified rule of thumb. */
const systemReserveBytes = 4 * GiB;

const gib = (bytes: number): string => `${(bytes / GiB).toFixed(1)} GiB`;

/** Steps in which a rough answer is made exact. */
const stepBytes = 64 * MiB;

/** The least number of `unit` bytes, from `low` to `high`, with which it fits. */
const leastThatFits = (
  low: number,
  high: number,
  unit: number,
  at: (count: number) => Problem,
): number | null =>
  smallestNear(
    low,
    high,
    Math.max(1, Math.ceil(stepBytes / unit)),
    (count) => fitsRoughly(at(count)),
    (count) => fitsAnyhow(at(count)),
  );

const withHardware = (problem: Problem, change: Partial<HardwareProfile>): Problem => ({
  ...problem,
  hardware: { ...problem.hardware, ...change },
});

const mapDevices = (problem: Problem, change: (device: DeviceProfile) => DeviceProfile): Problem =>
  withHardware(problem, { devices: problem.hardware.devices.map(change) });

const withHostBytes = (problem: Problem, availableBytes: number, more = 0): Problem => {
  const { memory } = problem.hardware;
  return withHardware(problem, {
    memory: {
      ...memory,
      totalBytes: memory.totalBytes + more,
      limitBytes: memory.limitBytes + more,
      availableBytes: availableBytes + more,
    },
  });
};

function freeDevices(problem: Problem): readonly FitChange[] {
  const held = problem.hardware.devices.flatMap(({ processes }) => processes);
  if (held.length === 0) return [];
  const freed = mapDevices(problem, (device) => {
    const known = device.processes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
    const limit = device.memoryBytes ?? Infinity;
    return { ...device, freeBytes: Math.min(limit, (device.freeBytes ?? limit) + known) };
  });
  if (!fitsAnyhow(freed)) return [];
  const names = held.map(({ name, pid, memoryBytes }) =>
    memoryBytes === null ? `${name} (${pid})` : `${name} (${pid}, ${gib(memoryBytes)})`,
  );
  return [
    {
      kind: "free-device-memory",
      text: `End the processes that hold GPU memory: ${names.join(", ")}.`,
      bytes: held.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0),
      command: null,
    },
  ];
}

function freeHost(problem: Problem): readonly FitChange[] {
  const { memory } = problem.hardware;
  const room = Math.floor((memory.limitBytes - memory.availableBytes) / MiB);
  const needed = leastThatFits(1, room, MiB, (count) =>
    withHostBytes(problem, memory.availableBytes + count * MiB),
  );
  if (needed === null) return [];
  const bytes = needed * MiB;
  const text = `Close other programs: ${gib(bytes)} more of the ${gib(memory.limitBytes)} must be free.`;
  return [{ kind: "free-host-memory", text, bytes, command: null }];
}

function raiseSharedLimit(problem: Problem): readonly FitChange[] {
  const { hardware } = problem;
  const shared = hardware.devices.find(
    ({ unified, memoryBytes }) => unified && memoryBytes !== null,
  );
  if (shared === undefined || shared.memoryBytes === null) return [];
  const apple = hardware.os.platform === "darwin";
  if (!apple && !(shared.vendor === "AMD" && hardware.os.platform === "linux")) return [];
  const raised = (megabytes: number): Problem =>
    mapDevices(problem, (device) =>
      device.id === shared.id
        ? { ...device, memoryBytes: megabytes * MiB, freeBytes: megabytes * MiB }
        : device,
    );
  const most = Math.floor((hardware.memory.totalBytes - systemReserveBytes) / MiB);
  const megabytes = leastThatFits(Math.ceil(shared.memoryBytes / MiB) + 1, most, MiB, raised);
  if (megabytes === null) return [];
  const bytes = megabytes * MiB - shared.memoryBytes;
  if (apple) {
    return [
      {
        kind: "raise-wired-limit",
        text: `Let the GPU use ${megabytes} MiB of the ${gib(hardware.memory.totalBytes)} (until the next restart).`,
        bytes,
        command: `sudo sysctl iogpu.wired_limit_mb=${megabytes}`,
      },
    ];
  }
  // a page of the translation table is 4 KiB: linux drivers/gpu/drm/ttm/ttm_tt.c, ttm_pages_limit
  const pages = Math.ceil((megabytes * MiB) / 4096);
  return [
    {
      kind: "raise-gtt-limit",
      text: `Let the GPU reach ${megabytes} MiB of the machine's memory: add ttm.pages_limit=${pages} to the kernel's command line and restart.`,
      bytes,
      command: `ttm.pages_limit=${pages}`,
    },
  ];
}

function raiseContainerLimit(problem: Problem): readonly FitChange[] {
  const { memory, os } = problem.hardware;
  const room = Math.floor((memory.totalBytes - memory.limitBytes) / MiB);
  if (room <= 0) return [];
  const at = (count: number): Problem =>
    withHardware(problem, {
      memory: {
        ...memory,
        limitBytes: memory.limitBytes + count * MiB,
        availableBytes: memory.availableBytes + count * MiB,
      },
    });
  const needed = leastThatFits(1, room, MiB, at);
  if (needed === null) return [];
  const limit = memory.limitBytes + needed * MiB;
  return [
    {
      kind: "raise-container-limit",
      text: `Raise the memory limit (${memory.limitSource}) from ${gib(memory.limitBytes)} to ${gib(limit)}.`,
      bytes: needed * MiB,
      command: os.container === "docker" ? `docker update --memory ${limit} CONTAINER` : null,
    },
  ];
}

function moreMemory(problem: Problem): readonly FitChange[] {
  const { hardware } = problem;
  const unified = hardware.devices.some((device) => device.unified);
  const at = (count: number): Problem => {
    const host = withHostBytes(problem, hardware.memory.availableBytes, count * GiB);
    if (!unified) return host;
    return mapDevices(host, (device) =>
      device.unified
        ? {
            ...device,
            memoryBytes: device.memoryBytes === null ? null : device.memoryBytes + count * GiB,
            freeBytes: device.freeBytes === null ? null : device.freeBytes + count * GiB,
          }
        : device,
    );
  };
  const count = leastThatFits(1, mostAddedGiB, GiB, at);
  if (count === null) return [];
  const text = `${count} GiB more memory would do.`;
  return [{ kind: "more-memory", text, bytes: count * GiB, command: null }];
}

/** Changes to the machine after each of which, alone, the model fits. */
export const machineChanges = (problem: Problem): readonly FitChange[] => [
  ...freeDevices(problem),
  ...raiseSharedLimit(problem),
  ...raiseContainerLimit(problem),
  ...freeHost(problem),
  ...moreMemory(problem),
];
