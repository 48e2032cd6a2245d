import { QwqError } from "@qwq-fit/schema";
import type { EngineName } from "@qwq-fit/schema";
import { isObject, stringField } from "@qwq-fit/wire";
import type { Engine, EngineInfo } from "../engine.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";
import { attachedState } from "./attached-state.ts";
import { wireRequest } from "./chat-body.ts";
import { chatEvents } from "./chat-events.ts";
import { DIALECTS } from "./dialects.ts";
import type { Dialect } from "./dialects.ts";
import { Gate } from "./gate.ts";
import { ask, request as send, unreachable } from "./http-client.ts";
import type { Endpoint, Fetch } from "./http-client.ts";

export interface AttachOptions {
  readonly engine: EngineName;
  /** "http://127.0.0.1:11434"; a path such as `/v1` behind it is cut. */
  readonly baseUrl: string;
  /** Default: the first that the engine lists. */
  readonly model?: string;
  /** Whether an id of the engine's list is the model that is meant. Default: the id is `model`, letter for letter. */
  readonly isModel?: (id: string) => boolean;
  readonly apiKey?: string;
  /** Requests that the engine works on side by side. Default 1. */
  readonly slots?: number;
  /** Requests that may wait there. Default four for each slot. */
  readonly queueLimit?: number;
  /** Where the engine does not tell it. */
  readonly contextTokens?: number;
  /** Ollama serves models of its cloud under its local address; they are refused unless this is true. */
  readonly allowRemote?: boolean;
  readonly fetch?: Fetch;
}

/**
 * Attaches to an engine that already runs: Ollama, LM Studio, vLLM, MLX. Asks it which models it has, and its version.
 * @throws QwqError `network` where it does not answer, `unknown_model`, `privacy_denied`, `unsupported_combination`.
 */
export async function attachEngine(options: AttachOptions): Promise<Engine> {
  const dialect = DIALECTS[options.engine];
  if (dialect === undefined) {
    throw new QwqError("unsupported_combination", `qwq-fit cannot attach to ${options.engine}.`);
  }
  const endpoint: Endpoint = {
    origin: new URL(options.baseUrl).origin,
    apiKey: options.apiKey ?? null,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
  };
  const models = listed(await ask(endpoint, "/v1/models"));
  const { isModel } = options;
  const model =
    models.find(({ id }) => id === options.model) ??
    (isModel === undefined ? undefined : models.find(({ id }) => isModel(id))) ??
    (options.model === undefined ? models[0] : undefined);
  if (model === undefined) {
    const names = models.map(({ id }) => id);
    throw lacksModel(options.engine, options.model, names);
  }
  if (options.engine === "ollama" && /[-:]cloud$/u.test(model.id) && options.allowRemote !== true) {
    throw new QwqError("privacy_denied", `${model.id} runs in Ollama's cloud, not here.`);
  }
  const version = dialect.version === null ? null : await versionOf(endpoint, dialect.version);
  const contextTokens = model.contextTokens ?? options.contextTokens ?? null;
  return new AttachedEngine(endpoint, dialect, model.id, version, contextTokens, options);
}

/** An engine without the model that is asked for. */
export function lacksModel(
  engine: EngineName,
  model: string | undefined,
  has: readonly string[],
): QwqError {
  return new QwqError("unknown_model", `${engine} does not have ${model ?? "a model"}.`, {
    hint: `It has: ${has.join(", ") || "none"}.`,
  });
}

class AttachedEngine implements Engine {
  readonly info: EngineInfo;
  readonly #endpoint: Endpoint;
  readonly #dialect: Dialect;
  readonly #gate: Gate;

  constructor(
    endpoint: Endpoint,
    dialect: Dialect,
    model: string,
    version: string | null,
    contextTokens: number | null,
    options: AttachOptions,
  ) {
    this.#endpoint = endpoint;
    this.#dialect = dialect;
    const slots = options.slots ?? 1;
    this.#gate = new Gate(slots, options.queueLimit ?? slots * 4);
    this.info = {
      engine: dialect.engine,
      version,
      backend: null,
      model,
      modelPath: null,
      contextTokens,
      slots,
      capabilities: dialect.capabilities,
      settings: null,
      reasoning: null,
      toolCalls: null,
      embeddingLength: null,
    };
  }

  async *generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const entered = this.#gate.enter(signal);
    try {
      const { path, body } = wireRequest(request, this.info.model, this.#dialect);
      const response = await send(this.#endpoint, path, body, entered.signal);
      if (response.body === null) throw new QwqError("protocol_error", "An answer without a body.");
      for await (const event of chatEvents(response.body, request.stop ?? [])) {
        if (entered.signal.aborted) throw new QwqError("aborted", "The request was aborted.");
        yield event;
      }
    } catch (error) {
      throw this.#fault(unreachable(error, entered.signal));
    } finally {
      entered.leave();
    }
  }

  applyTemplate(): Promise<never> {
    return Promise.reject(this.#lacks("its template"));
  }

  async tokenize(text: string): Promise<readonly number[]> {
    if (!this.info.capabilities.tokens) throw this.#lacks("its tokens");
    const body = { model: this.info.model, prompt: text, add_special_tokens: false };
    const answer = await ask(this.#endpoint, "/tokenize", body);
    const tokens: unknown = isObject(answer) ? answer["tokens"] : null;
    if (!Array.isArray(tokens)) throw new QwqError("protocol_error", "/tokenize gives no tokens.");
    return tokens.map(Number);
  }

  async detokenize(tokens: readonly number[]): Promise<string> {
    if (!this.info.capabilities.tokens) throw this.#lacks("its tokens");
    const answer = await ask(this.#endpoint, "/detokenize", { model: this.info.model, tokens });
    return (isObject(answer) ? stringField(answer, "prompt") : undefined) ?? "";
  }

  async embed(input: readonly string[], signal?: AbortSignal): ReturnType<Engine["embed"]> {
    if (!this.info.capabilities.embeddings) throw this.#lacks("embeddings");
    const answer = await ask(
      this.#endpoint,
      "/v1/embeddings",
      { model: this.info.model, input },
      signal,
    );
    return embeddings(answer);
  }

  state(): ReturnType<Engine["state"]> {
    const measured = { prefillTokensPerSecond: null, decodeTokensPerSecond: null };
    return attachedState(this.#gate, this.info.slots, this.info.contextTokens, measured);
  }

  close(): Promise<void> {
    this.#gate.close();
    return Promise.resolve();
  }

  /** Where the engine says that a prompt is too long, its context is told with it. */
  #fault(error: QwqError): QwqError {
    if (error.code !== "context_too_long") return error;
    return new QwqError(error.code, error.message, {
      cause: error,
      details: { ...error.details, contextTokens: this.info.contextTokens },
    });
  }

  #lacks(what: string): QwqError {
    return new QwqError("unsupported_combination", `${this.info.engine} does not give ${what}.`);
  }
}

/** Vectors of an OpenAI answer. @throws QwqError `protocol_error`. */
export function embeddings(answer: unknown): Awaited<ReturnType<Engine["embed"]>> {
  const data = isObject(answer) ? answer["data"] : null;
  if (!Array.isArray(data)) throw new QwqError("protocol_error", "There are no embeddings.");
  const vectors = data.map((one: unknown) => {
    const vector = isObject(one) ? one["embedding"] : null;
    if (!Array.isArray(vector)) throw new QwqError("protocol_error", "There are no embeddings.");
    return vector.map(Number);
  });
  const usage = isObject(answer) ? answer["usage"] : null;
  const count = isObject(usage) ? Number(usage["prompt_tokens"]) : 0;
  return { vectors, promptTokens: Number.isFinite(count) ? count : 0 };
}

function listed(answer: unknown): { id: string; contextTokens: number | null }[] {
  const data = isObject(answer) ? answer["data"] : null;
  if (!Array.isArray(data)) throw new QwqError("protocol_error", "/v1/models lists no models.");
  return data.flatMap((one: unknown) => {
    const id = isObject(one) ? stringField(one, "id") : undefined;
    if (id === undefined || !isObject(one)) return [];
    // vLLM tells it here; the others in places of their own, or not.
    const length = one["max_model_len"];
    return [{ id, contextTokens: typeof length === "number" ? length : null }];
  });
}

async function versionOf(
  endpoint: Endpoint,
  { path, field }: { readonly path: string; readonly field: string },
): Promise<string | null> {
  try {
    const answer = await ask(endpoint, path);
    return (isObject(answer) ? stringField(answer, field) : undefined) ?? null;
  } catch {
    // An older one does not tell.
    return null;
  }
}
