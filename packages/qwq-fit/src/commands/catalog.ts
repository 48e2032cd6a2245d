import { readFile } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import { download } from "../catalog/download.ts";
import { dropKeptCatalog, keepCatalog, readKeptCatalog } from "../catalog/kept-catalog.ts";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { readSignedCatalog } from "../catalog/signed-catalog.ts";
import { SIGNING_KEYS } from "../catalog/signing-keys.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { CatalogUpdateOptions, ListOptions } from "../options/command-options.ts";
import { textFor } from "../text/text-for.ts";
import { withProgress } from "../view/progress.ts";

async function keysFor({ key }: CatalogUpdateOptions): Promise<readonly string[]> {
  if (key === undefined) return SIGNING_KEYS;
  const text = await readFile(key, "utf8").catch((error: unknown) => {
    throw new QwqError("file_not_found", `${key} cannot be read`, { cause: error });
  });
  return [text];
}

/**
 * `qwq-fit catalog update URL`: fetches a catalogue and the signature beside it (URL.sig), verifies both and keeps the
 * catalogue for this version. An older one than the kept one is refused.
 */
export async function updateCatalog(
  url: string,
  options: CatalogUpdateOptions,
  io: CommandIo,
): Promise<number> {
  const keys = await keysFor(options);
  const fetching = Promise.all([download(url), download(`${url}.sig`)]);
  const [bytes, signature] = await withProgress("Fetching the catalogue", fetching, io);
  const published = readSignedCatalog(bytes, Buffer.from(signature).toString("utf8"), keys);
  const kept = await readKeptCatalog(io.environment);
  if (kept !== null && Date.parse(published.createdAt) < Date.parse(kept.createdAt)) {
    throw new QwqError(
      "content_rejected",
      `The catalogue is older than the one of ${kept.createdAt}`,
      {
        hint: "`qwq-fit catalog reset` forgets that one.",
      },
    );
  }
  const { createdAt, catalog } = published;
  await keepCatalog({ createdAt, from: url, catalog }, io.environment);
  return showCatalog(options, io);
}

/** `qwq-fit catalog reset`: back to the catalogue that came with the package. */
export async function resetCatalog(options: ListOptions, io: CommandIo): Promise<number> {
  await dropKeptCatalog(io.environment);
  return showCatalog(options, io);
}

/** `qwq-fit catalog`: which catalogue is used, and what it holds. */
export async function showCatalog(options: ListOptions, io: CommandIo): Promise<number> {
  const kept = await readKeptCatalog(io.environment);
  const { models, hardware, tokenPrices } = kept?.catalog ?? (await loadCatalog(io.environment));
  const from = kept?.from ?? null;
  const createdAt = kept?.createdAt ?? null;
  const counts = { models: models.length, hardware: hardware.length, prices: tokenPrices.length };
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, from, createdAt, ...counts })}\n`);
    return EXIT.fits;
  }
  const text = await textFor(io, options.lang);
  const origin = from === null ? text.ownCatalog : text.keptCatalog(from, createdAt ?? "");
  io.out(`${origin}\n${text.catalogCounts(counts.models, counts.hardware, counts.prices)}\n`);
  return EXIT.fits;
}
