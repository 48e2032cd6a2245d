import type { ServerResponse } from "node:http";
import { setImmediate, setTimeout } from "node:timers/promises";
import { isObject } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import { StopMatcher } from "../answer/stop-matcher.ts";
import { readJson, sendJson } from "./http-body.ts";
import { listen } from "./listen.ts";
import type { Listening } from "./listen.ts";
import { scriptedVocabulary } from "./scripted-vocabulary.ts";

export interface LlamaServerDouble {
  readonly thoughts: number;
  readonly words: number;
  readonly contextTokens: number;
  readonly slots: number;
  readonly port?: number;
  /** Time that a token takes. */
  readonly tokenMs?: number;
  /** Asked for on each path but `/health`. */
  readonly apiKey?: string;
}

const TEMPLATE =
  "{%- for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' + '\\n' }}{%- endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}";

/** Fields of `/completion` that this project sends, with their types (tools/server/server-schema.cpp). */
const FIELDS: Readonly<Record<string, string>> = {
  prompt: "array",
  n_predict: "number",
  stop: "array",
  stream: "boolean",
  cache_prompt: "boolean",
  return_tokens: "boolean",
  return_progress: "boolean",
  grammar: "string",
  n_probs: "number",
  temperature: "number",
  top_p: "number",
  top_k: "number",
  min_p: "number",
  seed: "number",
  repeat_penalty: "number",
  presence_penalty: "number",
  frequency_penalty: "number",
  repeat_last_n: "number",
  ignore_eos: "boolean",
  logit_bias: "array",
};

/**
 * A strict server of llama-server's own API that runs the scripted model. A grammar is not read: where one is given the
 * model says ` w0` and ends, so that a test sees when it was in force.
 */
export function startLlamaServerDouble(options: LlamaServerDouble): Promise<Listening> {
  const vocabulary = scriptedVocabulary(options.thoughts, options.words);
  return listen(async (request, response) => {
    const wanted = options.apiKey === undefined ? undefined : `Bearer ${options.apiKey}`;
    if (wanted !== undefined && request.url !== "/health") {
      if (request.headers.authorization !== wanted) {
        sendJson(response, 401, { error: { code: 401, message: "Invalid API Key" } });
        return;
      }
    }
    const body = request.method === "POST" ? await readJson(request) : null;
    switch (request.url) {
      case "/health":
        sendJson(response, 200, { status: "ok" });
        return;
      case "/props":
        sendJson(response, 200, {
          default_generation_settings: { n_ctx: options.contextTokens },
          total_slots: options.slots,
          model_alias: "scripted",
          model_path: "/models/scripted.gguf",
          chat_template: TEMPLATE,
          bos_token: "",
          eos_token: "<|im_end|>",
          build_info: `b1-double pid ${process.pid}`,
        });
        return;
      case "/tokenize": {
        const content = isObject(body) ? String(body["content"]) : "";
        sendJson(response, 200, { tokens: vocabulary.tokenize(content) });
        return;
      }
      case "/detokenize": {
        const tokens = isObject(body) && Array.isArray(body["tokens"]) ? body["tokens"] : [];
        const bytes = tokens.flatMap((token) => [...vocabulary.bytesOf(Number(token))]);
        sendJson(response, 200, { content: new TextDecoder().decode(Uint8Array.from(bytes)) });
        return;
      }
      case "/completion": {
        const wrong = faultOf(body, options.contextTokens);
        if (wrong !== null || !isObject(body)) sendJson(response, 400, { error: wrong });
        else await completion(body, response, vocabulary, options.tokenMs ?? 0);
        return;
      }
      default:
        sendJson(response, 404, {
          error: { code: 404, message: "File Not Found", type: "not_found_error" },
        });
    }
  }, options.port);
}

function faultOf(body: unknown, contextTokens: number): object | null {
  if (!isObject(body)) return fault("the body is no object");
  for (const [field, value] of Object.entries(body)) {
    const type = Array.isArray(value) ? "array" : typeof value;
    if (FIELDS[field] !== type) return fault(`${field} is of type ${type}`);
  }
  const { prompt } = body;
  if (!Array.isArray(prompt) || prompt.length === 0) return fault("the prompt is empty");
  return prompt.length < contextTokens
    ? null
    : fault("the request exceeds the available context size", "exceed_context_size_error");
}

async function completion(
  body: JsonObject,
  response: ServerResponse,
  vocabulary: ReturnType<typeof scriptedVocabulary>,
  tokenMs: number,
): Promise<void> {
  const prompt = Array.isArray(body["prompt"]) ? body["prompt"].map(Number) : [];
  response.writeHead(200, { "content-type": "text/event-stream" });
  const event = (value: object): void => {
    response.write(`data: ${JSON.stringify(value)}\n\n`);
  };
  const common = { index: 0, id_slot: 0, tokens_evaluated: prompt.length };
  for (const processed of [Math.floor(prompt.length / 2), prompt.length]) {
    const progress = { total: prompt.length, cache: 0, processed, time_ms: 1 };
    event({ ...common, content: "", tokens: [], stop: false, prompt_progress: progress });
  }
  const stops = Array.isArray(body["stop"]) ? body["stop"].map(String) : [];
  const matcher = new StopMatcher(stops);
  const decoder = new TextDecoder();
  const grammar = body["grammar"] !== undefined;
  const limit = Number(body["n_predict"]);
  let token = prompt.at(-1) ?? 0;
  let predicted = 0;
  let [stopType, stoppingWord] = ["limit", ""];
  while (predicted < limit && !response.destroyed) {
    // oxlint-disable-next-line no-await-in-loop
    await (tokenMs > 0 ? setTimeout(tokenMs) : setImmediate());
    token = grammar
      ? predicted === 0
        ? (vocabulary.tokenize(" w0")[0] ?? 0)
        : vocabulary.endId
      : vocabulary.next(token);
    predicted++;
    if (token === vocabulary.endId) {
      stopType = "eos";
      break;
    }
    const { text, stop } = matcher.push(decoder.decode(vocabulary.bytesOf(token)));
    const piece = {
      ...common,
      content: text,
      tokens: [token],
      stop: false,
      tokens_predicted: predicted,
    };
    if (stop !== null) {
      if (text !== "") event(piece);
      [stopType, stoppingWord] = ["word", stop];
      break;
    }
    event(piece);
  }
  event({
    ...common,
    content: stopType === "word" ? "" : matcher.flush(),
    tokens: [],
    stop: true,
    model: "scripted",
    tokens_predicted: predicted,
    stop_type: stopType,
    stopping_word: stoppingWord,
    tokens_cached: prompt.length + predicted,
    truncated: false,
    timings: {
      cache_n: 0,
      prompt_n: prompt.length,
      prompt_ms: 1,
      predicted_n: predicted,
      predicted_ms: 1,
    },
  });
  response.end();
}

function fault(message: string, type = "invalid_request_error"): object {
  return { code: 400, message, type };
}
