import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import type { ModelEntry } from "@qwq-fit/schema";

const MODELS = path.join(import.meta.dirname, "../../../../profiles/models");

/** A shipped catalogue entry by its id, for tests. */
export function catalogEntry(id: string): ModelEntry {
  return readEntry(path.join(MODELS, `${id}.json`));
}

/** All shipped catalogue entries, for tests. */
export function catalogEntries(): ModelEntry[] {
  return readdirSync(MODELS, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .map((file) => readEntry(path.join(MODELS, file)));
}

function readEntry(file: string): ModelEntry {
  const entry: ModelEntry = JSON.parse(readFileSync(file, "utf8"));
  return entry;
}
