import { execFile } from "node:child_process";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { QwqError } from "@qwq-fit/schema";
import { cacheFolder } from "../../cache/cache-folder.ts";
import type { CommandIo } from "../../command-io.ts";
import type { Ask } from "../../local/ask.ts";

/** AWS's client for CloudFormation, as a module. */
export type CloudFormationSdk = typeof import("@aws-sdk/client-cloudformation");

const NAME = "@aws-sdk/client-cloudformation";
/** The one that the tests run with. */
const VERSION = "3.1164.0";

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND");

/**
 * AWS's own client: the one that is installed beside this package, else one in the user's cache, else it is fetched from
 * npm into there, if a person agrees. It is no dependency, so that all others need not carry it.
 *
 * @throws {QwqError} `engine_missing` without consent, `download_failed`.
 */
export async function loadSdk(ask: Ask, { environment }: CommandIo): Promise<CloudFormationSdk> {
  try {
    return await import("@aws-sdk/client-cloudformation");
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const folder = join(cacheFolder(environment), "aws-sdk", VERSION);
  const kept = await importFrom(folder);
  if (kept !== null) return kept;
  if (
    !(await ask(`Fetch AWS's client (${NAME} ${VERSION}, about 10 MB) from npm into ${folder}?`))
  ) {
    throw new QwqError("engine_missing", `${NAME} is not installed, and may not be`, {
      hint: `Install it yourself: npm install ${NAME}@${VERSION}`,
    });
  }
  await install(folder);
  const fetched = await importFrom(folder);
  if (fetched === null) throw new QwqError("download_failed", `${NAME} came incomplete`);
  return fetched;
}

async function importFrom(folder: string): Promise<CloudFormationSdk | null> {
  try {
    const path = createRequire(join(folder, "package.json")).resolve(NAME);
    const module: unknown = await import(pathToFileURL(path).href);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the version that was asked for
    return module as CloudFormationSdk;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Into a folder beside, published by one rename: another run sees it whole or not at all. */
async function install(folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    await writeFile(join(partial, "package.json"), JSON.stringify({ private: true }));
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    await promisify(execFile)("npm", ["install", `${NAME}@${VERSION}`, ...flags], {
      cwd: partial,
      shell: process.platform === "win32",
    });
    await mkdir(dirname(folder), { recursive: true });
    await rename(partial, folder);
  } catch (error) {
    throw new QwqError("download_failed", `npm could not fetch ${NAME}`, { cause: error });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
