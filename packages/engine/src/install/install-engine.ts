import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import { takeLock } from "../lock/take-lock.ts";
import { engineFolderName } from "./engine-packages.ts";
import type { EnginePackages } from "./engine-packages.ts";
import { packageBytes, runNpm } from "./run-npm.ts";

/** What a person is asked before anything is fetched. */
export interface InstallQuestion {
  readonly version: string;
  readonly packages: readonly string[];
  /** Size on disk, about; null where the registry cannot be asked. */
  readonly bytes: number | null;
  readonly folder: string;
}

export interface InstallOptions {
  readonly packages: EnginePackages;
  /** The user's cache directory of qwq-fit; engines come below `engines`. */
  readonly cacheDir: string;
  /** Answers true where it may be installed. */
  readonly consent: (question: InstallQuestion) => boolean | Promise<boolean>;
  readonly onProgress?: (progress: { bytes: number; totalBytes: number | null }) => void;
  readonly signal?: AbortSignal;
}

/** An engine on this machine. */
export interface InstalledEngine {
  readonly version: string;
  /** The folder of the node-llama-cpp package, for `ChildEngineOptions.bindingFolder`. */
  readonly bindingFolder: string;
}

/** What node-llama-cpp's own dependencies take, bytes (3.22.1 and 3.21.1, measured: 15 MB). */
const DEPENDENCY_BYTES = 15_000_000;
/** Another process that installs the same is waited for. */
const LOCK_WAIT_MS = 10 * 60 * 1000;
const PROGRESS_MS = 500;

/** The engine, where it is installed whole; null where not. */
export async function findEngine(
  cacheDir: string,
  packages: EnginePackages,
): Promise<InstalledEngine | null> {
  return readInstalled(join(cacheDir, "engines", engineFolderName(packages)), packages);
}

/**
 * Installs node-llama-cpp with just the native packages that a plan wants, once: into a folder beside, published by one
 * rename when it is whole. What an earlier try fetched is kept by npm's cache and in that folder.
 * @throws QwqError `engine_missing` without consent or npm, `download_failed`, `locked`, `aborted`.
 */
export async function installEngine(options: InstallOptions): Promise<InstalledEngine> {
  const { packages, cacheDir, signal } = options;
  const there = await findEngine(cacheDir, packages);
  if (there !== null) return there;
  const folder = join(cacheDir, "engines", engineFolderName(packages));
  const names = [
    `node-llama-cpp@${packages.version}`,
    ...packages.natives.map((name) => `${name}@${packages.version}`),
  ];
  const known = await packageBytes(names, signal);
  const bytes = known === null ? null : known + DEPENDENCY_BYTES;
  if (!(await options.consent({ version: packages.version, packages: names, bytes, folder }))) {
    throw new QwqError("engine_missing", "The engine is not installed, and may not be.", {
      hint: "Run again and agree, or with --yes.",
    });
  }
  const lock = await takeLock(`${folder}.lock`, LOCK_WAIT_MS, signal);
  try {
    const other = await findEngine(cacheDir, packages);
    if (other !== null) return other;
    const partial = `${folder}.partial`;
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, "package.json"), JSON.stringify({ private: true }));
    const watch = watchSize(partial, bytes, options.onProgress);
    try {
      await runNpm(["install", "--prefix", partial, ...FLAGS, ...names], signal);
    } finally {
      watch.stop();
    }
    if ((await readInstalled(partial, packages)) === null) {
      await rm(partial, { recursive: true, force: true });
      throw new QwqError("download_failed", "npm installed something else than was asked for.");
    }
    // A folder that was not whole may stand in the way.
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    const installed = await findEngine(cacheDir, packages);
    if (installed === null) throw new QwqError("internal", "The engine vanished.");
    return installed;
  } finally {
    await lock.release();
  }
}

const FLAGS = [
  "--no-audit",
  "--no-fund",
  "--no-update-notifier",
  "--ignore-scripts",
  "--omit=optional",
  "--omit=peer",
  "--save-exact",
  "--loglevel=error",
];

async function readInstalled(
  folder: string,
  packages: EnginePackages,
): Promise<InstalledEngine | null> {
  const modules = join(folder, "node_modules");
  try {
    for (const name of ["node-llama-cpp", ...packages.natives]) {
      // oxlint-disable-next-line no-await-in-loop
      const text = await readFile(join(modules, name, "package.json"), "utf8");
      const manifest: unknown = JSON.parse(text);
      if (typeof manifest !== "object" || manifest === null || !("version" in manifest))
        return null;
      if (manifest.version !== packages.version) return null;
    }
  } catch {
    return null;
  }
  return { version: packages.version, bindingFolder: join(modules, "node-llama-cpp") };
}

function watchSize(
  folder: string,
  totalBytes: number | null,
  tell: InstallOptions["onProgress"],
): { stop(): void } {
  if (tell === undefined) return { stop: () => {} };
  const timer = setInterval(() => {
    void folderBytes(folder).then(
      (bytes) => tell({ bytes, totalBytes }),
      () => {},
    );
  }, PROGRESS_MS);
  return { stop: () => clearInterval(timer) };
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    // oxlint-disable-next-line no-await-in-loop
    bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
