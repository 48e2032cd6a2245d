import { constants } from "node:fs";
import { access, open, readdir, statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, homedir, release, totalmem, version } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { batteryState, cpuDetails } from "./system-information.ts";
import { fetchLocal } from "./local-http.ts";
import type { DiskSpace, MachineFacts, ProbePorts } from "./probe-ports.ts";
import { runTool } from "./run-tool.ts";

/** The longest text file that a probe reads; /proc/cpuinfo of 1,024 threads is about 1.6 MB. */
const FILE_BYTES = 4 * 1024 * 1024;

/** Folders in which vendors install their tools without putting them on PATH. */
const VENDOR_FOLDERS: readonly string[] = [
  "/usr/lib/wsl/lib",
  "/usr/local/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/opt/rocm/bin",
  "/opt/hyhal/bin",
  "/opt/dtk/bin",
  "/opt/mxdriver/bin",
  "/opt/maca/bin",
  "/usr/local/corex/bin",
  "/usr/local/neuware/bin",
  "/usr/local/Ascend/driver/tools",
  "/opt/sophon/libsophon-current/bin",
  "/opt/homebrew/bin",
];

/** Looks programs up in listings of the folders, so that thirty absent tools cost one listing each folder. */
function createFinder(): (program: string) => Promise<string | null> {
  const windows = process.platform === "win32";
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  if (!windows) folders.push(...VENDOR_FOLDERS);
  const endings = windows ? [".exe", ".cmd", ".bat"] : [""];
  const listings = [...new Set(folders)].map(async (folder) => ({
    folder,
    names: new Set(await readdir(folder).catch((): string[] => [])),
  }));
  return async (program) => {
    for (const { folder, names } of await Promise.all(listings)) {
      const name = endings.map((ending) => program + ending).find((each) => names.has(each));
      if (name === undefined) continue;
      const path = join(folder, name);
      const executable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (executable) return path;
    }
    return null;
  };
}

async function readText(path: string): Promise<string | null> {
  try {
    const file = await open(path, "r");
    try {
      const chunks: Buffer[] = [];
      let bytes = 0;
      // Files of /proc say that they are empty: read to the end, not to their size.
      while (bytes < FILE_BYTES) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, null);
        if (bytesRead === 0) break;
        chunks.push(buffer.subarray(0, bytesRead));
        bytes += bytesRead;
      }
      return Buffer.concat(chunks).toString("utf8");
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** Space on the file system that holds `path`, or would hold it once it is made. */
async function diskSpace(path: string): Promise<DiskSpace | null> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bsize, bavail, blocks } = await statfs(folder);
      return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
    } catch {
      if (folder === dirname(folder)) return null;
    }
  }
}

function readFacts(): MachineFacts {
  return {
    kernel: release(),
    osVersion: version(),
    cpuModels: cpus().map((cpu) => cpu.model.trim()),
    totalBytes: totalmem(),
    freeBytes: freemem(),
    usableCores: availableParallelism(),
    homeDirectory: homedir(),
  };
}

/** The ports of the machine that this runs on. */
export function createNodePorts(): ProbePorts {
  const find = createFinder();
  return {
    platform: process.platform,
    architecture: process.arch,
    facts: readFacts(),
    environment: (name) => process.env[name],
    find,
    run: async (program, args, limits) => {
      const path = await find(program);
      return path === null ? { kind: "missing" } : runTool(path, args, limits?.timeoutMs);
    },
    readFile: readText,
    listDir: (path) => readdir(path).catch(() => null),
    fetchLocal,
    disk: diskSpace,
    battery: batteryState,
    cpuDetails,
  };
}
