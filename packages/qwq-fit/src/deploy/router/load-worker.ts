import { readFile } from "node:fs/promises";
import { brotliDecompressSync } from "node:zlib";
import { QwqError } from "@qwq-fit/schema";
import { loadInfra } from "../load-infra.ts";
import { parseJsonc } from "./parse-jsonc.ts";

type Json = Readonly<Record<string, unknown>>;

/** The Worker as it was built, and the configuration it was built with. */
export interface BuiltWorker {
  readonly script: Uint8Array;
  readonly config: Json;
  readonly environments: Json;
}

async function objectOf(path: string): Promise<Json> {
  const value = parseJsonc(await loadInfra(path));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new QwqError("internal", `infra/${path} is no object`);
  }
  return Object.fromEntries(Object.entries(value));
}

/**
 * What the build put beside the command: wrangler's own bundle of the Worker.
 * @throws {QwqError} `engine_missing` where the package was built without it.
 */
export async function loadWorker(): Promise<BuiltWorker> {
  const place = new URL("./infra/cloudflare/worker.js.br", import.meta.url);
  const packed = await readFile(place).catch((error: unknown) => {
    throw new QwqError("engine_missing", "the Worker was not built with this package", {
      cause: error,
      hint: "In the repository: npm run build.",
    });
  });
  return {
    script: brotliDecompressSync(packed),
    config: await objectOf("cloudflare/wrangler.jsonc"),
    environments: await objectOf("cloudflare/environments.json"),
  };
}
