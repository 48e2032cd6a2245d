import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, "..", "..");

const HIDDEN = new Set(["node_modules", "dist", "coverage", "cdk.out", ".wrangler"]);

/** Source files below a folder, as paths from the root with forward slashes. */
export function sourceFiles(folder: string): string[] {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return HIDDEN.has(entry.name) ? [] : sourceFiles(path);
    const isSource = /\.(?:[cm]?ts|[cm]?js|tsx)$/u.test(entry.name);
    return isSource && entry.name !== "worker-configuration.d.ts" ? [path] : [];
  });
}

/** Text of a file of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Folders directly below a folder. */
export function folders(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !HIDDEN.has(entry.name))
    .map(({ name }) => name);
}

/** All files that git knows. */
export function trackedFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}
