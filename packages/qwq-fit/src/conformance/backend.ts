import { createSseScanner, isObject, parseJson, parseSseFrame } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";

/** Where the requests go. */
export interface BackendOptions {
  /** Ends before `/chat/completions`. */
  readonly url: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch | undefined;
  /** Most that one request may take. @default 120,000 */
  readonly timeoutMs?: number | undefined;
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; `{}` where it is none. */
  readonly json: JsonObject;
}

/** A streamed answer, read to its end or to where it was left. */
export interface Streamed extends Answer {
  /** The events' data as JSON, without `[DONE]`. */
  readonly chunks: readonly JsonObject[];
  readonly done: boolean;
  /** Events behind `[DONE]`. */
  readonly late: number;
  /** Pieces in which the bytes came. */
  readonly reads: number;
}

/** A backend that is asked. */
export interface Backend {
  readonly model: string;
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  chat(body: JsonObject): Promise<Answer>;
  /** Reads `leaveAfter` events and goes away, if that is given. */
  stream(body: JsonObject, leaveAfter?: number): Promise<Streamed>;
}

/** Most of one answer that is read, characters. */
const MOST_CHARACTERS = 8_000_000;

/** What every chat request has besides what its check asks for: short, and the likeliest words. */
export const BASE: JsonObject = {
  messages: [{ role: "user", content: "Say a few words about the sea." }],
  max_tokens: 96,
  temperature: 0,
};

/** A backend over HTTP. */
export function createBackend(options: BackendOptions): Backend {
  const { model, apiKey, timeoutMs = 120_000 } = options;
  const send = options.fetch ?? fetch;
  const base = options.url.replace(/\/+$/u, "");
  const ask = (
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Response> =>
    send(base + path, {
      method,
      signal,
      redirect: "manual",
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const request: Backend["request"] = async (method, path, body) => {
    const response = await ask(method, path, body, AbortSignal.timeout(timeoutMs));
    const text = (await response.text()).slice(0, MOST_CHARACTERS);
    return { status: response.status, headers: response.headers, text, json: objectOf(text) };
  };
  return {
    model,
    request,
    chat: (body) => request("POST", "/chat/completions", { model, ...BASE, ...body }),
    stream: async (body, leaveAfter) => {
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]);
      const whole = { model, ...BASE, ...body, stream: true };
      const response = await ask("POST", "/chat/completions", whole, signal);
      const { status, headers } = response;
      const type = headers.get("content-type") ?? "";
      if (!type.includes("event-stream") || response.body === null) {
        const text = await response.text();
        return {
          status,
          headers,
          text,
          json: objectOf(text),
          chunks: [],
          done: false,
          late: 0,
          reads: 1,
        };
      }
      const read = await readEvents(response.body, leaveAfter ?? Infinity);
      stop.abort();
      return { status, headers, json: {}, ...read };
    },
  };
}

const objectOf = (text: string): JsonObject => {
  const value = parseJson(text);
  return isObject(value) ? value : {};
};

async function readEvents(
  body: ReadableStream<Uint8Array>,
  most: number,
): Promise<Pick<Streamed, "chunks" | "done" | "late" | "reads" | "text">> {
  const scanner = createSseScanner();
  const decoder = new TextDecoder();
  const chunks: JsonObject[] = [];
  let [text, done, late, reads] = ["", false, 0, 0];
  const reader = body.getReader();
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- a stream is read in its order
      const { done: over, value } = await reader.read();
      const last = over ? scanner.end() : null;
      const frames = over ? (last === null ? [] : [last]) : scanner.push(value);
      if (!over) {
        reads++;
        text = (text + decoder.decode(value, { stream: true })).slice(0, MOST_CHARACTERS);
      }
      for (const frame of frames) {
        const { data } = parseSseFrame(frame);
        if (data === null) continue;
        if (done) late++;
        else if (data.trim() === "[DONE]") done = true;
        else chunks.push(objectOf(data));
      }
      if (over || chunks.length >= most) return { chunks, done, late, reads, text };
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
