import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MiB } from "@qwq-fit/schema";
import { cacheFolder } from "../cache/cache-folder.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ListOptions } from "../options/command-options.ts";
import { textFor } from "../text/text-for.ts";
import { short } from "../view/numbers.ts";

interface CacheEntry {
  readonly name: string;
  readonly bytes: number;
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function entriesOf(folder: string): Promise<CacheEntry[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = names.map(async (name) => ({ name, bytes: await sizeOf(join(folder, name)) }));
  return Promise.all(entries);
}

/** Downloaded models are no cache of small things: only their own command removes them. */
const KEPT = new Set(["models"]);

/** `qwq-fit cache` and `qwq-fit cache clear`: what is kept on disk to be faster, and its removal. */
export async function cache(
  action: "show" | "clear",
  options: ListOptions,
  io: CommandIo,
): Promise<number> {
  const folder = cacheFolder(io.environment);
  if (action === "clear") {
    for (const { name } of await entriesOf(folder)) {
      if (!KEPT.has(name)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  const entries = await entriesOf(folder);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, folder, entries })}\n`);
    return EXIT.fits;
  }
  const text = await textFor(io, options.lang);
  const lines = entries.map(({ name, bytes }) => `  ${name}  ${short(bytes / MiB)} MiB`);
  io.out(`${[folder, ...(lines.length === 0 ? [`  ${text.empty}`] : lines)].join("\n")}\n`);
  return EXIT.fits;
}
