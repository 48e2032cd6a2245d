import type { Target } from "@qwq-fit/client";
import type { EngineName } from "@qwq-fit/schema";
import { isObject } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import { askLoopback } from "./ask-loopback.ts";
import { isServedAs, namesOfId } from "./served-name.ts";

/** Where an engine of somebody else listens on this machine. */
export interface EnginePlace {
  readonly engine: EngineName;
  /** Loopback, without `/v1`. */
  readonly url: string;
  /** What it must call itself in its list (`owned_by`): a port that anything may listen on proves nothing. */
  readonly ownedBy?: string;
}

/**
 * The ports that engines listen on by themselves: Ollama 11434 (docs.ollama.com/faq), LM Studio 1234
 * (lmstudio.ai/docs/developer), llama-server 8080 (llama.cpp tools/server/README.md), vLLM 8000
 * (docs.vllm.ai serving/openai_compatible_server).
 */
export const ENGINE_PLACES: readonly EnginePlace[] = [
  { engine: "ollama", url: "http://127.0.0.1:11434" },
  { engine: "lm-studio", url: "http://127.0.0.1:1234" },
  { engine: "llama-server", url: "http://127.0.0.1:8080", ownedBy: "llamacpp" },
  { engine: "vllm", url: "http://127.0.0.1:8000", ownedBy: "vllm" },
];

/** Ollama runs models whose tag says so at its maker's: "gpt-oss:120b-cloud", "deepseek-v3.1:671b-cloud". */
const isCloudModel = (id: string): boolean => /(?:^|[-:])cloud$/iu.test(id);

/** Engines found at the places that have the model, as targets. What listens there may be anything: it is only asked. */
export async function findEngines(
  model: string,
  places: readonly EnginePlace[] = ENGINE_PLACES,
): Promise<Target[]> {
  const found = await Promise.all(places.map((place) => lookAt(place, model)));
  return found.flat();
}

async function lookAt({ engine, url, ownedBy }: EnginePlace, model: string): Promise<Target[]> {
  const list = await askLoopback(`${url}/v1/models`);
  const ids = idsOf(list, ownedBy).filter((id) => {
    const local = id.replace(/-cloud$/u, "");
    return isServedAs(model, [...namesOfId(id), ...namesOfId(local)]);
  });
  const remote = engine === "ollama" ? await remoteModels(url, ids) : new Set<string>();
  return ids.map((id) => ({
    name: ids.length === 1 ? engine : `${engine}/${id}`,
    baseUrl: `${url}/v1`,
    // A model that its engine runs elsewhere leaves this machine, whatever the address says.
    privacy: isCloudModel(id) || remote.has(id) ? "any" : "device",
    engine,
    models: [{ id: model, aliases: [id] }],
    model: id,
    // vLLM goes on from an assistant's message; of the others it is not promised.
    capabilities: { continuation: engine === "vllm" },
  }));
}

/** Ids of an OpenAI-style list; only those of `owner` where one is asked for. */
function idsOf(list: unknown, owner: string | undefined): string[] {
  return objectsIn(list, "data").flatMap((one) => {
    const { id } = one;
    if (owner !== undefined && one["owned_by"] !== owner) return [];
    return typeof id === "string" ? [id] : [];
  });
}

/** Names that Ollama itself lists with another host behind them. */
async function remoteModels(url: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const tags = await askLoopback(`${url}/api/tags`);
  const remote = objectsIn(tags, "models").filter(
    (one) => Boolean(one["remote_host"]) || Boolean(one["remote_model"]),
  );
  return new Set(remote.flatMap(({ name }) => (typeof name === "string" ? [name] : [])));
}

function objectsIn(value: unknown, field: string): JsonObject[] {
  const list: unknown = isObject(value) ? value[field] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}
