import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { enginePackages, findEngine, installEngine } from "@qwq-fit/engine";
import type { EnginePackages, InstalledEngine } from "@qwq-fit/engine";
import { GiB, MiB } from "@qwq-fit/schema";
import type { FitPlan } from "@qwq-fit/schema";
import { cacheFolder } from "../cache/cache-folder.ts";
import type { CommandIo } from "../command-io.ts";
import { short } from "../view/numbers.ts";
import type { Ask } from "./ask.ts";
import type { Teller } from "./teller.ts";

/** The packages that a plan's engine is. @throws {QwqError} `unsupported_combination`. */
export function packagesOf(plan: Pick<FitPlan, "backend">): EnginePackages {
  return enginePackages({ platform: process.platform, arch: process.arch }, plan.backend);
}

/** The node-llama-cpp that can be imported from here, if it and its native packages are of the wanted version. */
export async function importableEngine(packages: EnginePackages): Promise<InstalledEngine | null> {
  try {
    const entry = createRequire(import.meta.url).resolve("node-llama-cpp");
    const bindingFolder = dirname(dirname(entry));
    const beside = createRequire(entry);
    const manifests = [
      join(bindingFolder, "package.json"),
      // Their "exports" name no package.json; their entry is dist/index.js.
      ...packages.natives.map((name) =>
        join(dirname(dirname(beside.resolve(name))), "package.json"),
      ),
    ];
    for (const path of manifests) {
      const manifest: unknown = JSON.parse(await readFile(path, "utf8"));
      if (typeof manifest !== "object" || manifest === null || !("version" in manifest))
        return null;
      if (manifest.version !== packages.version) return null;
    }
    return { version: packages.version, bindingFolder };
  } catch {
    return null;
  }
}

/** An engine for a plan that is on this machine: one that can be imported, else one that was installed before. */
export async function engineHere(
  packages: EnginePackages,
  environment: CommandIo["environment"],
): Promise<InstalledEngine | null> {
  return (await importableEngine(packages)) ?? findEngine(cacheFolder(environment), packages);
}

/** Bytes as people say them. */
export function bytesText(bytes: number): string {
  return bytes >= GiB ? `${short(bytes / GiB)} GiB` : `${short(bytes / MiB)} MiB`;
}

/**
 * The engine of a plan; installed into the user's cache where it is not on this machine, if a person agrees.
 * @throws {QwqError} `engine_missing`, `download_failed`, `locked`, `aborted`, `unsupported_combination`, `usage`.
 */
export async function prepareEngine(
  plan: FitPlan,
  { ask, teller, io, signal }: PrepareOptions,
): Promise<InstalledEngine> {
  const packages = packagesOf(plan);
  const here = await engineHere(packages, io.environment);
  if (here !== null) return here;
  const name = `node-llama-cpp ${packages.version}`;
  const installed = await installEngine({
    packages,
    cacheDir: cacheFolder(io.environment),
    consent: ({ bytes }) => {
      const size = bytes === null ? "" : `, about ${bytesText(bytes)}`;
      return ask(`Install the engine, ${name} for ${plan.backend}${size}?`);
    },
    onProgress: ({ bytes, totalBytes }) => {
      const of = totalBytes === null ? "" : ` of about ${bytesText(totalBytes)}`;
      const fields = { bytes, totalBytes };
      teller.progress("installing", fields, `Installing ${name}: ${bytesText(bytes)}${of}`);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  teller.event("installed", { version: installed.version }, `${name} is installed.`);
  return installed;
}

/** What preparing needs of the command. */
export interface PrepareOptions {
  readonly ask: Ask;
  readonly teller: Teller;
  readonly io: CommandIo;
  readonly signal?: AbortSignal;
}
