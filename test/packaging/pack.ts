import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { root } from "../support/repository.ts";

/** npm's own script beside this Node or on PATH, so that no shell is needed; null where npm is not to be found. */
function npm(args: readonly string[], cwd: string, home: string): string {
  return execFileSync("npm", args, {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: home, npm_config_update_notifier: "false" },
  });
}

export interface Installed {
  /** A new folder that holds the package and nothing else. */
  readonly folder: string;
  /** The package as npm put it. */
  readonly home: string;
  readonly tarballBytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size);
  }, 0);
}

/** Packs the package and installs the tarball into an empty folder, with an empty HOME and no network. */
export function packAndInstall(): Installed {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-package-"));
  const home = mkdtempSync(join(tmpdir(), "qwq-fit-home-"));
  const packed = npm(
    ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
    join(root, "packages", "qwq-fit"),
    home,
  );
  const [tarball] = JSON.parse(packed) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  const flags = ["--offline", "--no-audit", "--no-fund", "--no-save", "--no-package-lock"];
  npm(["install", ...flags, join(folder, tarball.filename)], folder, home);
  const installed = join(folder, "node_modules", "qwq-fit");
  return {
    folder,
    home: installed,
    tarballBytes: tarball.size,
    unpackedBytes: sizeOf(installed),
    files: tarball.files.map(({ path }) => path),
  };
}

export interface FoundNode {
  readonly path: string;
  readonly version: string;
}

/** Every Node on PATH, and those that the tool chain has brought; one of each version, this one first. */
export function findNodes(): FoundNode[] {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const cache = join(root, ".toolchain", "cache");
  const brought = existsSync(cache)
    ? readdirSync(cache).map((folder) => {
        const inner = folder.replace(/-\d[\d.]*$/u, "");
        return join(cache, folder, "node_modules", inner, "bin");
      })
    : [];
  const places = [...(process.env["PATH"] ?? "").split(delimiter), ...brought];
  const found = new Map([[process.versions.node, process.execPath]]);
  for (const place of places) {
    const path = join(place, name);
    if (!existsSync(path)) continue;
    const version = execFileSync(path, ["-p", "process.versions.node"], {
      encoding: "utf8",
    }).trim();
    if (!found.has(version)) found.set(version, path);
  }
  return [...found].map(([version, path]) => ({ version, path }));
}
