import type { PrepareProgress } from "@qwq-fit/client";
import { numberField, stringField } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";

const PHASES: Readonly<Record<string, PrepareProgress["phase"]>> = {
  installing: "engine",
  pulling: "download",
  loading: "load",
};

/** What an event of `serve --json` says of how far it is; null for one that says nothing of it. */
export function progressOf(event: JsonObject): PrepareProgress | null {
  const phase = PHASES[stringField(event, "event") ?? ""];
  if (phase === undefined) return null;
  const loaded = numberField(event, "loaded");
  if (loaded !== undefined) return { phase, done: loaded, total: 1 };
  const done = numberField(event, "bytes") ?? 0;
  return { phase, done, total: numberField(event, "totalBytes") ?? null };
}
