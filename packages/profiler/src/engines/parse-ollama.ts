import type { EngineModel } from "@qwq-fit/schema";
import { asObject, asObjects, asText, parseJson } from "../device/json.ts";

/**
 * Ollama's `/api/tags` and `/api/ps` as models. A model with `remote_host`, or with a name that ends in "-cloud" or
 * ":cloud", runs in Ollama's cloud though it is asked for at localhost.
 */
export function parseOllamaModels(tags: string, running: string): readonly EngineModel[] {
  const loaded = new Set(
    asObjects(asObject(parseJson(running))["models"]).map((model) => asText(model["name"])),
  );
  return asObjects(asObject(parseJson(tags))["models"]).flatMap((model): EngineModel[] => {
    const name = asText(model["name"]) ?? asText(model["model"]);
    if (name === null) return [];
    const remote = asText(model["remote_host"]) ?? asText(model["remote_model"]);
    return [{ name, loaded: loaded.has(name), cloud: remote !== null || /[-:]cloud$/.test(name) }];
  });
}

/** `{"version":"0.12.3"}` of `/api/version`; null for what is no Ollama. */
export function parseOllamaVersion(body: string): string | null {
  return asText(asObject(parseJson(body))["version"]);
}
