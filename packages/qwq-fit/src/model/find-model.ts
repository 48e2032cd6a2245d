import { QwqError } from "@qwq-fit/schema";
import type { ModelEntry } from "@qwq-fit/schema";
import { near } from "../near.ts";

/** The model that is meant where none is named. */
export const DEFAULT_MODEL = "Qwen/QwQ-32B";

/** A name without case, owner and punctuation. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9.]/gu, "");
}

function namesOf(entry: ModelEntry): string[] {
  const short = entry.id.split("/").at(-1) ?? entry.id;
  return [entry.id, short, entry.name, ...entry.aliases, ...entry.repositories.gguf];
}

/**
 * The catalogue's model of this name: id, name, alias or repository, in any case and punctuation.
 *
 * @throws {QwqError} `unknown_model` with the near names, `ambiguous_name` with the candidates.
 */
export function findModel(name: string, models: readonly ModelEntry[]): ModelEntry {
  const wanted = plain(name);
  const exact = models.filter((entry) => entry.id === name);
  const found =
    exact.length > 0
      ? exact
      : models.filter((entry) => namesOf(entry).some((other) => plain(other) === wanted));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length > 1) {
    throw new QwqError("ambiguous_name", `"${name}" may be several models`, {
      hint: `Say which: ${found.map(({ id }) => id).join(", ")}.`,
      details: { candidates: found.map(({ id }) => id) },
    });
  }
  const likely = near(
    name,
    models.map(({ id }) => id.split("/").at(-1) ?? id),
  );
  throw new QwqError("unknown_model", `No model is called "${name}"`, {
    hint:
      likely.length > 0
        ? `Did you mean ${likely.join(", ")}?`
        : "Name a model of the catalogue or the path of a GGUF file.",
    details: { near: likely },
  });
}
