import type { EngineModel, FoundEngine } from "@qwq-fit/schema";
import { asObject, asObjects, asText, parseJson } from "../device/json.ts";
import type { LocalResponse } from "../ports/probe-ports.ts";

/** Answers of a server with OpenAI's API, from which it can be told which program it is. */
export interface ServerAnswers {
  readonly models: LocalResponse;
  readonly props: LocalResponse | null;
  readonly version: LocalResponse | null;
  readonly serverInfo: LocalResponse | null;
  readonly studioModels: LocalResponse | null;
}

type Identity = Pick<FoundEngine, "engine" | "version" | "models">;

/**
 * Which engine answers. llama-server alone has `/props` with `build_info`, LM Studio `/api/v0/models` with states, SGLang
 * `/get_server_info`, vLLM `/version`; mlx_lm.server is Python's http.server. Models say `owned_by` besides.
 */
export function identifyServer(answers: ServerAnswers): Identity {
  const list = asObjects(asObject(parseJson(answers.models.body))["data"]);
  const owners = new Set(list.map((model) => asText(model["owned_by"])));
  const models = list.flatMap((model): EngineModel[] => {
    const name = asText(model["id"]);
    return name === null ? [] : [{ name, loaded: true, cloud: false }];
  });
  const props = body(answers.props);
  const studio = asObjects(body(answers.studioModels)["data"]);
  if (studio.some((model) => asText(model["state"]) !== null)) {
    return { engine: "lm-studio", version: null, models: readStudioModels(studio) };
  }
  const build = asText(props["build_info"]);
  if (build !== null || owners.has("llamacpp")) {
    return { engine: "llama-server", version: build, models };
  }
  const info = body(answers.serverInfo);
  if (owners.has("sglang") || Object.keys(info).length > 0) {
    return { engine: "sglang", version: asText(info["version"]), models };
  }
  const version = asText(body(answers.version)["version"]);
  if (owners.has("vllm") || version !== null) return { engine: "vllm", version, models };
  if (/^BaseHTTP/i.test(answers.models.server ?? "")) {
    // It lists what is in the Hugging Face cache and loads one on demand: which, it does not tell.
    const cached = models.map((model) => ({ ...model, loaded: false }));
    return { engine: "mlx", version: null, models: cached };
  }
  return { engine: "other", version: null, models };
}

function body(response: LocalResponse | null): Readonly<Record<string, unknown>> {
  return response?.status === 200 ? asObject(parseJson(response.body)) : {};
}

function readStudioModels(list: ReturnType<typeof asObjects>): readonly EngineModel[] {
  return list.flatMap((model): EngineModel[] => {
    const name = asText(model["id"]);
    return name === null
      ? []
      : [{ name, loaded: asText(model["state"]) === "loaded", cloud: false }];
  });
}
