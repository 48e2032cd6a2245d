import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Catalog } from "@qwq-fit/schema";
import { cacheFolder } from "../cache/cache-folder.ts";
import { writeAtomic } from "../cache/write-atomic.ts";
import { VERSION } from "../version.ts";

/** A catalogue that the user has fetched: used instead of the package's own, by the version that fetched it alone. */
export interface KeptCatalog {
  /** Version of qwq-fit that has verified it; a later one brings a catalogue of its own. */
  readonly version: string;
  readonly createdAt: string;
  readonly from: string;
  readonly catalog: Catalog;
}

type Environment = Readonly<Record<string, string | undefined>>;

function pathOf(environment: Environment): string {
  return join(cacheFolder(environment), "catalog.json");
}

/** The catalogue that was fetched for this version, or null. A broken file is as none. */
export async function readKeptCatalog(environment: Environment): Promise<KeptCatalog | null> {
  const text = await readFile(pathOf(environment), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by keepCatalog, once verified
    const kept = JSON.parse(text) as KeptCatalog;
    return kept.version === VERSION ? kept : null;
  } catch {
    return null;
  }
}

/** Keeps a verified catalogue for this version. */
export async function keepCatalog(
  kept: Omit<KeptCatalog, "version">,
  environment: Environment,
): Promise<void> {
  await writeAtomic(pathOf(environment), JSON.stringify({ version: VERSION, ...kept }));
}

/** Goes back to the package's own catalogue. */
export async function dropKeptCatalog(environment: Environment): Promise<void> {
  await rm(pathOf(environment), { force: true });
}
