import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import type { Catalog } from "@qwq-fit/schema";
import { readKeptCatalog } from "./kept-catalog.ts";

/**
 * The catalogue of models, hardware and prices: the one that `qwq-fit catalog update` has fetched for this version, else
 * the one that came with this package (`catalog.json.br` beside the bundle, made and validated by the build; run from source,
 * it is compiled from profiles/).
 *
 * @param environment - Where the user's cache is looked for. @default that of this process
 */
export async function loadCatalog(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Catalog> {
  const kept = await readKeptCatalog(environment);
  return kept?.catalog ?? ownCatalog();
}

async function ownCatalog(): Promise<Catalog> {
  try {
    const packed = await readFile(new URL("./catalog.json.br", import.meta.url));
    // A tenth of the text, unpacked in 3 ms.
    const text = brotliDecompressSync(packed).toString("utf8");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the build has validated it
    return JSON.parse(text) as Catalog;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const { compileCatalog } = await import("./compile-catalog.ts");
  return compileCatalog(fileURLToPath(new URL("../../../../profiles", import.meta.url)));
}
