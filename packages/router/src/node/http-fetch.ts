import type { HttpAnswer, HttpSend } from "./http-send.ts";

/** Statuses that have no body. */
const BODILESS = new Set([204, 205, 304]);

/** `fetch` over `send` for text to an `http(s)` URL; anything else is left to the global fetch. */
export function createHttpFetch(send: HttpSend): typeof fetch {
  return async (input, init = {}) => {
    const { method = "GET", headers = {}, body, signal } = init;
    const text = body ?? undefined;
    if (typeof input !== "string" || !isRecord(headers) || typeof (text ?? "") !== "string") {
      return fetch(input, init);
    }
    const answer = await send(input, {
      method,
      headers,
      body: typeof text === "string" ? text : undefined,
      signal: signal ?? undefined,
    });
    return responseOf(answer);
  };
}

const isRecord = (
  headers: NonNullable<RequestInit["headers"]>,
): headers is Record<string, string> => !Array.isArray(headers) && !(headers instanceof Headers);

function responseOf({ status, fields, body }: HttpAnswer): Response {
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") headers.push([name, value]);
  }
  const reader = body?.getReader();
  if (reader === undefined || BODILESS.has(status)) {
    void reader?.cancel();
    return new Response(null, { status, headers });
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done || value === undefined) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => reader.cancel(),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status, headers });
}
