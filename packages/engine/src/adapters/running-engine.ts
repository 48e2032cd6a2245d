import { QwqError } from "@qwq-fit/schema";
import type { EngineName } from "@qwq-fit/schema";
import { isObject, stringField } from "@qwq-fit/wire";
import type { Engine } from "../engine.ts";
import { attachEngine, lacksModel } from "./attach-engine.ts";
import type { AttachOptions } from "./attach-engine.ts";
import type { Endpoint } from "./http-client.ts";
import { connectLlamaServer } from "./llama-server-engine.ts";

/** An engine that runs already, at an address. */
export type RunningEngineOptions = Omit<AttachOptions, "engine">;

/** Longest that a program may take to tell what it is, ms. */
const ANSWER_MS = 5000;

interface Answer {
  readonly server: string;
  readonly body: unknown;
}

/**
 * Which engine answers at an address: Ollama alone has `/api/version`, LM Studio `/api/v0/models` with states, llama-server
 * `/props` with `build_info`, SGLang `/get_server_info`, vLLM `/version`; mlx_lm.server is Python's http.server with a list
 * of models. @throws QwqError `network` where nothing answers, `unsupported_combination` where it is none of these.
 */
export async function identifyEngine(
  options: Pick<RunningEngineOptions, "baseUrl" | "apiKey" | "fetch">,
): Promise<EngineName> {
  const endpoint = endpointOf(options);
  const look = (path: string): Promise<Answer | null> => answerAt(endpoint, path);
  const models = await look("/v1/models");
  const [ollama, studio, props, sglang, vllm] = await Promise.all(
    ["/api/version", "/api/v0/models", "/props", "/get_server_info", "/version"].map(look),
  );
  const owners = listOf(models).map((model) => model["owned_by"]);
  if (textIn(ollama, "version") !== null) return "ollama";
  if (listOf(studio).some((model) => typeof model["state"] === "string")) return "lm-studio";
  if (textIn(props, "build_info") !== null || owners.includes("llamacpp")) return "llama-server";
  if (textIn(sglang, "version") !== null || owners.includes("sglang")) return "sglang";
  if (textIn(vllm, "version") !== null || owners.includes("vllm")) return "vllm";
  if (models !== null && /^BaseHTTP/iu.test(models.server)) return "mlx";
  throw new QwqError("unsupported_combination", `what runs at ${endpoint.origin} is not known`, {
    hint: "qwq-fit attaches to Ollama, LM Studio, vLLM, MLX and llama-server.",
  });
}

/**
 * Attaches to what runs at an address, whichever engine it is.
 * @throws QwqError `network`, `unknown_model`, `privacy_denied`, `unsupported_combination`, `saturated` while it loads.
 */
export async function attachRunning(options: RunningEngineOptions): Promise<Engine> {
  const engine = await identifyEngine(options);
  if (engine !== "llama-server") return attachEngine({ ...options, engine });
  const { queueLimit, model, isModel } = options;
  const server = await connectLlamaServer({
    endpoint: endpointOf(options),
    settings: null,
    ...(queueLimit === undefined ? {} : { queueLimit }),
  });
  const name = server.info.model;
  // It runs one model, whatever it is asked for.
  if (model === undefined || model === name || isModel?.(name) === true) return server;
  throw lacksModel(engine, model, [name]);
}

function endpointOf(options: Pick<RunningEngineOptions, "baseUrl" | "apiKey" | "fetch">): Endpoint {
  return {
    origin: new URL(options.baseUrl).origin,
    apiKey: options.apiKey ?? null,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
  };
}

/** What is answered there; null for a refusal or what is no JSON. @throws QwqError `network` where nobody listens. */
async function answerAt({ origin, apiKey, fetch }: Endpoint, path: string): Promise<Answer | null> {
  try {
    const response = await fetch(origin + path, {
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(apiKey === null ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
    });
    const text = await response.text();
    if (!response.ok) return null;
    return { server: response.headers.get("server") ?? "", body: parsed(text) };
  } catch (error) {
    throw new QwqError("network", `nothing answers at ${origin}`, {
      cause: error,
      hint: "Is the engine running, and its server on?",
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textIn(answer: Answer | null | undefined, field: string): string | null {
  const body = answer?.body;
  return (isObject(body) ? stringField(body, field) : undefined) ?? null;
}

function listOf(answer: Answer | null | undefined): Readonly<Record<string, unknown>>[] {
  const body = answer?.body;
  const list: unknown = isObject(body) ? body["data"] : null;
  return Array.isArray(list) ? list.filter((one) => isObject(one)) : [];
}
