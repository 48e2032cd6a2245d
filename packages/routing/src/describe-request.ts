import type { RequestShape } from "@qwq-fit/schema";

/** Latin text and code take 3.3 to 4.3 characters a token, Chinese 1.4 to 1.8. Estimates, not counts. */
const NARROW_CHARACTERS_PER_TOKEN = 3.7;
const WIDE_CHARACTERS_PER_TOKEN = 1.6;
/** Where wide scripts begin, roughly: above Latin, Greek, Cyrillic, Hebrew and Arabic. */
const WIDE_FROM = 0x900;
/** Tokens that a chat template adds around a message. */
const TOKENS_PER_MESSAGE = 5;
/** Prefix keys are made at most for this many messages, the last ones. */
const PREFIX_KEYS = 8;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** FNV-1a over UTF-16 code units, 32 bits: a key for affinity, not for security. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** Estimated tokens of a text. */
function tokensOf(text: string): number {
  let wide = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= WIDE_FROM) wide++;
  return wide / WIDE_CHARACTERS_PER_TOKEN + (text.length - wide) / NARROW_CHARACTERS_PER_TOKEN;
}

function contentOf(message: unknown): { text: string; image: boolean } {
  if (!isObject(message)) return { text: "", image: false };
  const { content } = message;
  if (typeof content === "string") return { text: content, image: false };
  if (!Array.isArray(content)) return { text: "", image: false };
  let text = "";
  let image = false;
  for (const part of content as readonly unknown[]) {
    if (!isObject(part)) continue;
    if (typeof part["text"] === "string") text += part["text"];
    else if (typeof part["type"] === "string" && part["type"].includes("image")) image = true;
  }
  return { text, image };
}

/** What is assumed of an answer where the caller sets no limit: thinking and answer of a QwQ exchange. */
const DEFAULT_OUTPUT_TOKENS = 4608;

const positive = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? Math.floor(value) : null;

/**
 * What a router must know of an OpenAI-style request body: token counts (estimated from characters),
 * needs and prefix keys. The text itself stays behind. Total: any JSON value gives a shape.
 */
export function describeRequest(body: unknown, api: RequestShape["api"] = "chat"): RequestShape {
  const request = isObject(body) ? body : {};
  const needs = new Set<RequestShape["needs"][number]>();
  const prefixKeys: string[] = [];
  let tokens = 0;
  let messages = 0;
  let seed = 0x811c9dc5;
  const list = Array.isArray(request["messages"])
    ? (request["messages"] as readonly unknown[])
    : Array.isArray(request["input"])
      ? (request["input"] as readonly unknown[])
      : [request["prompt"] ?? request["input"]].map((text) => ({ content: text }));
  for (const message of list) {
    const { text, image } =
      typeof message === "string" ? { text: message, image: false } : contentOf(message);
    if (image) needs.add("vision");
    messages++;
    tokens += tokensOf(text);
    seed = hash(text, hash(isObject(message) ? String(message["role"]) : "", seed));
    prefixKeys.unshift(seed.toString(36));
  }
  const tools = request["tools"];
  if (Array.isArray(tools) && tools.length > 0) {
    needs.add("tools");
    tokens += tokensOf(JSON.stringify(tools));
  }
  const format = request["response_format"];
  if (isObject(format) && format["type"] === "json_schema") needs.add("jsonSchema");
  if (request["logprobs"] === true) needs.add("logprobs");
  if (request["continue_final_message"] === true) needs.add("continuation");
  if (api === "embeddings") needs.add("embeddings");
  const cap =
    positive(request["max_completion_tokens"]) ??
    positive(request["max_tokens"]) ??
    positive(request["max_output_tokens"]);
  return {
    model: typeof request["model"] === "string" ? request["model"] : "",
    promptTokens: Math.ceil(tokens) + messages * TOKENS_PER_MESSAGE,
    outputTokens: api === "embeddings" ? 0 : Math.min(DEFAULT_OUTPUT_TOKENS, cap ?? Infinity),
    maxOutputTokens: cap,
    stream: request["stream"] === true,
    api,
    needs: [...needs],
    prefixKeys: prefixKeys.slice(0, PREFIX_KEYS),
  };
}
