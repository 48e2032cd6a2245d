import { attachRunning } from "@qwq-fit/engine";
import type { Engine, ServedModel } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog, FoundEngine, HardwareProfile, ModelEntry } from "@qwq-fit/schema";
import { findModel } from "../model/find-model.ts";
import type { ServeOptions } from "../options/local-options.ts";
import { isServedAs, namesOfId } from "../sdk/served-name.ts";

/** An engine that runs already and has the model. */
export interface Attachment {
  readonly engine: Engine;
  readonly served: ServedModel;
  /** Attaches again, after the server let go of it. */
  readonly open: () => Promise<Engine>;
}

/** An engine that answers at an address of this machine. */
export type RunningHere = FoundEngine & { readonly baseUrl: string };

/** Settings that an engine which runs already has for itself. */
const OWN_SETTINGS = [
  ["quantization", "--quantization"],
  ["kvCacheType", "--kv-cache-type"],
  ["batch", "--batch"],
  ["threads", "--threads"],
  ["mmap", "--mmap"],
  ["flashAttention", "--flash-attention"],
  ["offloadedLayers", "--offloaded-layers"],
  ["lora", "--lora"],
] as const;

/**
 * Attaches to the engine at `--attach`.
 * @throws {QwqError} `usage` for settings that it cannot be told, or an address beyond this machine; `network`,
 *   `unknown_model`, `privacy_denied`, `unsupported_combination` as the engine's adapters say.
 */
export async function attachLocal(
  url: string,
  name: string | undefined,
  options: ServeOptions,
  catalog: Catalog,
  apiKey: string | undefined,
): Promise<Attachment> {
  const set = OWN_SETTINGS.find(([option]) => options[option] !== undefined);
  if (set !== undefined) {
    throw new QwqError("usage", `${set[1]} cannot be told to an engine that runs already`, {
      hint: "Set it in that engine, or leave --attach away.",
    });
  }
  const baseUrl = onLoopback(url);
  const open = (): Promise<Engine> =>
    attachRunning({
      baseUrl,
      ...(name === undefined ? {} : { model: name, isModel: (id) => isNamed(id, name, catalog) }),
      ...(apiKey === undefined || apiKey === "" ? {} : { apiKey }),
      ...(options.concurrency === undefined ? {} : { slots: options.concurrency }),
      ...(options.context === undefined ? {} : { contextTokens: options.context }),
    });
  const engine = await open();
  const { model } = engine.info;
  let first: Engine | null = engine;
  return {
    engine,
    served: servedAs(model, name, entryOf([name ?? model, ...namesOfId(model)], catalog)),
    open: () => {
      const now = first;
      first = null;
      return now === null ? open() : Promise.resolve(now);
    },
  };
}

/** An engine that runs on this machine and has this model loaded; null where none has. */
export function runningHere(
  name: string,
  hardware: HardwareProfile,
  catalog: Catalog,
): RunningHere | null {
  for (const found of hardware.engines) {
    const { baseUrl, models } = found;
    if (baseUrl === null) continue;
    const has = models.some(
      (model) => model.loaded && !model.cloud && isNamed(model.name, name, catalog),
    );
    if (has) return { ...found, baseUrl };
  }
  return null;
}

/** Whether an engine's id is the model that a person named: by that name, or by another of the catalogue's for it. */
function isNamed(id: string, name: string, catalog: Catalog): boolean {
  const entry = entryOf([name], catalog);
  const names = entry === null ? [name] : [name, entry.id, entry.name, ...entry.aliases];
  return names.some((one) => isServedAs(one, namesOfId(id)));
}

function entryOf(names: readonly string[], catalog: Catalog): ModelEntry | null {
  for (const name of names) {
    try {
      return findModel(name, catalog.models);
    } catch (error) {
      if (!QwqError.is(error, "unknown_model") && !QwqError.is(error, "ambiguous_name"))
        throw error;
    }
  }
  return null;
}

/** The model as clients see it: under its id at the engine, and the catalogue's names. */
function servedAs(id: string, name: string | undefined, entry: ModelEntry | null): ServedModel {
  const others = [name ?? id, ...(entry === null ? [] : [entry.id, entry.name, ...entry.aliases])];
  return {
    id,
    aliases: [...new Set(others)].filter((other) => other !== id),
    quantization: null,
    thinks: entry?.thinks ?? "switchable",
    sampling: entry?.sampling ?? {},
    license: entry?.license ?? null,
    fileSha256: null,
    created: Math.floor(Date.now() / 1000),
  };
}

/** @throws {QwqError} `usage` for an address beyond this machine: `serve` promises that text stays here. */
function onLoopback(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/u.test(url.protocol)) {
    throw new QwqError("usage", "--attach must be an address, such as http://127.0.0.1:11434");
  }
  if (/^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/u.test(url.hostname)) return url.origin;
  throw new QwqError("usage", "--attach is for engines on this machine", {
    hint: "`qwq-fit router --node name=URL` puts an API in front of other machines.",
  });
}
