import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { isObject } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import { readJson, sendJson } from "./http-body.ts";
import { listen } from "./listen.ts";
import type { Listening } from "./listen.ts";
import { scriptedVocabulary } from "./scripted-vocabulary.ts";

/** How an engine's OpenAI API differs from the others'. */
export interface Flavor {
  /** The field in which thoughts go out. */
  readonly reasoningField: "reasoning" | "reasoning_content";
  /** Fields that it takes beside OpenAI's; any other is refused. */
  readonly extraFields: readonly string[];
  readonly tellsStop: boolean;
  /** Null: a longer prompt is cut in silence. */
  readonly contextTokens: number | null;
  readonly continues: boolean;
  readonly version: { readonly path: string; readonly field: string } | null;
  /** The header by which a server of Python's library is known. */
  readonly server?: string;
  /** LM Studio's list of its own, with states. */
  readonly tellsStates?: boolean;
}

export const FLAVORS: Readonly<Record<"ollama" | "lm-studio" | "vllm" | "mlx", Flavor>> = {
  ollama: {
    reasoningField: "reasoning",
    extraFields: ["reasoning_effort"],
    tellsStop: false,
    contextTokens: null,
    continues: false,
    version: { path: "/api/version", field: "version" },
  },
  "lm-studio": {
    reasoningField: "reasoning_content",
    extraFields: ["top_k", "repeat_penalty"],
    tellsStop: false,
    contextTokens: null,
    continues: false,
    version: null,
    tellsStates: true,
  },
  vllm: {
    reasoningField: "reasoning",
    extraFields: [
      "top_k",
      "min_p",
      "repetition_penalty",
      "add_generation_prompt",
      "continue_final_message",
      "chat_template_kwargs",
      "ignore_eos",
    ],
    tellsStop: true,
    contextTokens: 600,
    continues: true,
    version: { path: "/version", field: "version" },
  },
  mlx: {
    reasoningField: "reasoning",
    extraFields: ["top_k", "min_p", "repetition_penalty"],
    tellsStop: false,
    contextTokens: null,
    continues: false,
    version: null,
    server: "BaseHTTP/0.6 Python/3.12.1",
  },
};

const OPENAI_FIELDS = [
  "model",
  "messages",
  "stream",
  "stream_options",
  "temperature",
  "top_p",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "logit_bias",
  "max_tokens",
  "stop",
  "logprobs",
  "top_logprobs",
  "response_format",
  "tools",
  "tool_choice",
];

/** A strict server of OpenAI's chat API that runs the scripted model in an engine's flavour. */
export function startOpenAiServer(
  flavor: Flavor,
  thoughts: number,
  words: number,
): Promise<Listening> {
  const vocabulary = scriptedVocabulary(thoughts, words);
  return listen(async (request, response) => {
    const path = request.url ?? "";
    if (flavor.server !== undefined) response.setHeader("server", flavor.server);
    if (path === "/api/v0/models" && flavor.tellsStates === true) {
      sendJson(response, 200, { data: [{ id: "scripted", state: "loaded" }] });
    } else if (path === "/v1/models") {
      const length = flavor.contextTokens === null ? {} : { max_model_len: flavor.contextTokens };
      sendJson(response, 200, { object: "list", data: [{ id: "scripted", ...length }] });
    } else if (path === flavor.version?.path) {
      sendJson(response, 200, { [flavor.version.field]: "1.2.3" });
    } else if (path === "/tokenize" && flavor.continues) {
      const body = await readJson(request);
      const text = isObject(body) ? String(body["prompt"]) : "";
      sendJson(response, 200, { tokens: vocabulary.tokenize(text) });
    } else if (path === "/v1/embeddings") {
      sendJson(response, 200, { data: [{ embedding: [0.6, 0.8] }], usage: { prompt_tokens: 3 } });
    } else if (path === "/v1/chat/completions") {
      const body = await readJson(request);
      const fault = faultOf(body, flavor);
      if (fault !== null || !isObject(body)) {
        sendJson(response, 400, {
          error: { message: fault ?? "no object", type: "invalid_request_error" },
        });
        return;
      }
      await answer(body, response, flavor, vocabulary);
    } else sendJson(response, 404, { error: { message: `no ${path}` } });
  });
}

function faultOf(body: unknown, flavor: Flavor): string | null {
  if (!isObject(body)) return "the body is no object";
  for (const field of Object.keys(body)) {
    if (![...OPENAI_FIELDS, ...flavor.extraFields].includes(field)) return `unknown field ${field}`;
  }
  if (body["model"] !== "scripted") return "no such model";
  if (body["stream"] !== true) return "not a stream";
  const messages = body["messages"];
  if (!Array.isArray(messages) || messages.length === 0) return "no messages";
  const bad = messages.find((one) => !isObject(one) || typeof one["role"] !== "string");
  return bad === undefined ? null : "a message without a role";
}

async function answer(
  body: JsonObject,
  response: ServerResponse,
  flavor: Flavor,
  vocabulary: ReturnType<typeof scriptedVocabulary>,
): Promise<void> {
  const prompt = vocabulary.tokenize(promptText(body));
  if (flavor.contextTokens !== null && prompt.length >= flavor.contextTokens) {
    const message = `This model's maximum context length is ${flavor.contextTokens} tokens.`;
    sendJson(response, 400, { error: { message, type: "BadRequestError", code: 400 } });
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const event = (value: unknown): void => {
    response.write(`data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`);
  };
  const chunk = (delta: object, finish: string | null, more: object = {}): void =>
    event({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "scripted",
      choices: [{ index: 0, delta, finish_reason: finish, ...more }],
    });
  const stops = Array.isArray(body["stop"]) ? body["stop"].map(String) : [];
  const limit = typeof body["max_tokens"] === "number" ? body["max_tokens"] : 10_000;
  let token = prompt.at(-1) ?? 0;
  const unthink = vocabulary.tokenize("</think>")[0];
  let [count, reasoning] = [0, 0];
  let finish = "length";
  let stopReason: string | null = null;
  let held = "";
  chunk({ role: "assistant", content: "" }, null);
  let thinking =
    vocabulary.next(token) !== unthink &&
    !promptText(body).includes("</think>") &&
    !/ w\d+$/u.test(promptText(body));
  const decoder = new TextDecoder();
  while (count < limit && !response.destroyed) {
    // oxlint-disable-next-line no-await-in-loop
    await setImmediate();
    token = vocabulary.next(token);
    count++;
    if (token === vocabulary.endId) {
      finish = "stop";
      break;
    }
    if (token === unthink) {
      thinking = false;
      continue;
    }
    const text = decoder.decode(vocabulary.bytesOf(token));
    if (thinking) {
      reasoning++;
      chunk({ [flavor.reasoningField]: text }, null);
      continue;
    }
    held += text;
    const stop = stops.find((one) => held.includes(one));
    if (stop !== undefined) {
      held = held.slice(0, held.indexOf(stop));
      [finish, stopReason] = ["stop", stop];
      break;
    }
    // A stop string of two words: one word back is enough.
    const keep = stops.some((one) => one.startsWith(text) && one !== text) ? text.length : 0;
    if (held.length > keep) chunk({ content: held.slice(0, held.length - keep) }, null);
    held = held.slice(held.length - keep);
  }
  if (held !== "") chunk({ content: held }, null);
  chunk({}, finish, flavor.tellsStop ? { stop_reason: stopReason } : {});
  event({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "scripted",
    choices: [],
    usage: {
      prompt_tokens: prompt.length,
      completion_tokens: count,
      total_tokens: prompt.length + count,
      completion_tokens_details: { reasoning_tokens: reasoning },
    },
  });
  event("[DONE]");
  response.end();
}

/** The scripted model's template, with what vLLM's fields ask for. */
function promptText(body: JsonObject): string {
  const messages = Array.isArray(body["messages"]) ? body["messages"] : [];
  let text = "";
  for (const [index, one] of messages.entries()) {
    if (!isObject(one)) continue;
    const content = typeof one["content"] === "string" ? one["content"] : "";
    const open = body["continue_final_message"] === true && index === messages.length - 1;
    const reasoning = typeof one["reasoning_content"] === "string" ? one["reasoning_content"] : "";
    const thought = reasoning === "" ? "" : `<think>\n${reasoning}`;
    text += `<|im_start|>${String(one["role"])}\n${open ? thought : ""}${content}`;
    if (!open) text += "<|im_end|>\n";
  }
  return body["continue_final_message"] === true ? text : `${text}<|im_start|>assistant\n<think>\n`;
}
