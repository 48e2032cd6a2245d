import { linesOf } from "../device/lines.ts";
import { parseCount } from "../device/sizes.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** One control group that limits this process: its own, or an ancestor's. */
export interface MemoryGroup {
  /** "cgroup v2 /user.slice/user-1000.slice". */
  readonly source: string;
  readonly limitBytes: number;
  /** Bytes charged to it that cannot be reclaimed at once: usage without inactive file cache. */
  readonly heldBytes: number;
}

/** A control-group hierarchy as it is mounted here, and this process's place in it. */
interface Hierarchy {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** Path of this process's group below the mount point, "" for the top. */
  readonly path: string;
}

/**
 * Kernel "no limit" of v1 is LONG_MAX rounded down to a page: 0x7FFFFFFFFFFFF000 with 4 KiB pages, less with larger
 * ones (include/linux/page_counter.h, PAGE_COUNTER_MAX). No machine has an exabyte.
 */
const NO_LIMIT_BYTES = 2 ** 60;

/** Where control groups are mounted: from /proc/self/mountinfo and /proc/self/cgroup. */
export function parseHierarchies(cgroup: string, mountinfo: string | null): readonly Hierarchy[] {
  const mounts = linesOf(mountinfo ?? "").flatMap((line) => {
    const [left, right] = line.split(" - ");
    const [type, , options] = (right ?? "").split(" ");
    const fields = (left ?? "").split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ type, root: fields[3] ?? "/", mountPoint: fields[4] ?? "", options: options ?? "" }];
  });
  return linesOf(cgroup).flatMap((line): Hierarchy[] => {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line);
    if (match === null) return [];
    const names = (match[2] ?? "").split(",").filter((name) => name !== "");
    const path = match[3] ?? "/";
    if (names.length === 0) {
      const mount = mounts.find((each) => each.type === "cgroup2");
      return [
        {
          version: 2,
          controllers: ["memory", "cpu"],
          mountPoint: mount?.mountPoint ?? "/sys/fs/cgroup",
          path: belowRoot(path, mount?.root ?? "/"),
        },
      ];
    }
    const first = names[0] ?? "";
    const mount = mounts.find(
      (each) => each.type === "cgroup" && each.options.split(",").includes(first),
    );
    const mountPoint = mount?.mountPoint ?? `/sys/fs/cgroup/${names.join(",")}`;
    const below = belowRoot(path, mount?.root ?? "/");
    return [{ version: 1, controllers: names, mountPoint, path: below }];
  });
}

/**
 * Without a cgroup namespace a container sees its path from the host's root ("/docker/abc") while only that group is
 * mounted, as the mount's root: then the group is the mount point itself.
 */
function belowRoot(path: string, root: string): string {
  if (path.includes("/..")) return "";
  if (root === "/") return path.replace(/\/+$/, "");
  if (path === root) return "";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : "";
}

/** A group's folder and those of its ancestors, the nearest first. */
function foldersOf({ mountPoint, path }: Hierarchy): readonly { folder: string; name: string }[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, cut) => {
    const below = parts.slice(0, parts.length - cut).map((part) => `/${part}`);
    return { folder: mountPoint + below.join(""), name: below.join("") || "/" };
  });
}

async function readHierarchies(ports: ProbePorts): Promise<readonly Hierarchy[]> {
  const [cgroup, mountinfo] = await Promise.all([
    ports.readFile("/proc/self/cgroup"),
    ports.readFile("/proc/self/mountinfo"),
  ]);
  return cgroup === null ? [] : parseHierarchies(cgroup, mountinfo);
}

/** Page cache that the kernel gives back at once; `total_` counts the children too (v1). */
export function parseInactiveFile(memoryStat: string): number {
  const value = (key: string): number | null =>
    parseCount(new RegExp(`^${key} (\\d+)$`, "m").exec(memoryStat)?.[1]);
  return value("total_inactive_file") ?? value("inactive_file") ?? 0;
}

/** A limit's file: null for "max", v1's sentinel and what is no number. */
export function parseMemoryLimit(text: string | null): number | null {
  const bytes = text === null ? null : /^\s*(\d+)\s*$/.exec(text)?.[1];
  if (bytes === null || bytes === undefined) return null;
  return Number(bytes) >= NO_LIMIT_BYTES ? null : Number(bytes);
}

/** All groups, own and ancestors', that set a memory limit for this process. */
export async function probeMemoryGroups(ports: ProbePorts): Promise<readonly MemoryGroup[]> {
  const hierarchies = await readHierarchies(ports);
  const places = hierarchies
    .filter(({ controllers }) => controllers.includes("memory"))
    .flatMap((each) => foldersOf(each).map((place) => ({ ...place, version: each.version })));
  const groups = await Promise.all(
    places.map(async ({ folder, name, version }): Promise<MemoryGroup[]> => {
      const files =
        version === 2
          ? (["memory.max", "memory.current"] as const)
          : (["memory.limit_in_bytes", "memory.usage_in_bytes"] as const);
      const limitBytes = parseMemoryLimit(await ports.readFile(`${folder}/${files[0]}`));
      if (limitBytes === null) return [];
      const usage = parseCount(await ports.readFile(`${folder}/${files[1]}`)) ?? 0;
      const inactive = parseInactiveFile((await ports.readFile(`${folder}/memory.stat`)) ?? "");
      const heldBytes = Math.max(0, usage - inactive);
      return [{ source: `cgroup v${version} ${name}`, limitBytes, heldBytes }];
    }),
  );
  return groups.flat();
}

/** CPUs' worth of time that one group grants: "200000 100000" is 2; null without a quota. */
export function parseCpuQuota(quota: string, period: string): number | null {
  const [time, span] = [parseCount(quota), parseCount(period)];
  return time === null || span === null || span === 0 ? null : time / span;
}

/** The tightest CPU quota of this process's groups and their ancestors, in CPUs; null where there is none. */
export async function probeCpuQuota(ports: ProbePorts): Promise<number | null> {
  const hierarchies = await readHierarchies(ports);
  const quotas = await Promise.all(
    hierarchies
      .filter(({ controllers }) => controllers.includes("cpu"))
      .flatMap((each) =>
        foldersOf(each).map(async ({ folder }): Promise<number | null> => {
          if (each.version === 2) {
            const [quota, period] = ((await ports.readFile(`${folder}/cpu.max`)) ?? "").split(" ");
            return parseCpuQuota(quota ?? "", period ?? "");
          }
          const [quota, period] = await Promise.all([
            ports.readFile(`${folder}/cpu.cfs_quota_us`),
            ports.readFile(`${folder}/cpu.cfs_period_us`),
          ]);
          return parseCpuQuota(quota ?? "", period ?? "");
        }),
      ),
  );
  const set = quotas.filter((quota) => quota !== null);
  return set.length === 0 ? null : Math.min(...set);
}
