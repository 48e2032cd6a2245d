import { guardFrames } from "./frame-guard.ts";

/** The part of the SDK's HTTP request that is used. */
export interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: ReadableStream<Uint8Array> | undefined;
}

/** Largest answer without a stream: the limit of a relay. */
const ANSWER_BYTES = 32 * 1024 * 1024;

/** The SDK over the router's own `fetch`: one set of connections, limits and aborts, on every runtime. */
export function fetchHandler(send: typeof fetch): {
  handle(
    request: SdkRequest,
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<{ response: SdkResponse }>;
} {
  return {
    handle: async (request, { abortSignal } = {}) => {
      const { protocol, hostname, port, path, method, body } = request;
      // The runtime writes the same host itself; browsers' and Workers' fetch refuse it as a header.
      const { host: _host, ...headers } = request.headers;
      const response = await send(
        `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`,
        {
          method,
          headers,
          body: body instanceof Uint8Array ? new TextDecoder().decode(body) : null,
          signal: abortSignal ?? null,
          redirect: "manual",
        },
      );
      const framed = /vnd\.amazon\.eventstream/i.test(response.headers.get("content-type") ?? "");
      return {
        response: {
          statusCode: response.status,
          headers: Object.fromEntries(response.headers),
          body:
            response.body === null
              ? undefined
              : framed
                ? guardFrames(response.body)
                : response.body,
        },
      };
    },
  };
}

/** Reads an answer whole, as the SDK wants it; a larger one than the limit is no answer. */
export async function collectBody(body: unknown): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if (!(body instanceof ReadableStream)) return new Uint8Array(0);
  const stream: ReadableStream<Uint8Array> = body;
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > ANSWER_BYTES) {
      await reader.cancel();
      throw new RangeError("the answer is too large");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
