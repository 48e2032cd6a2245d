import { QwqError } from "@qwq-fit/schema";

import type { ModelPorts } from "./ports.ts";

/** A request that may be sent again. */
export interface HubRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the host of `url` alone, never to one that it redirects to. */
  readonly token?: string | undefined;
}

const TRIES = 4;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;
const REDIRECTS = 5;
/** From the request to the last byte of its body. */
const REQUEST_TIMEOUT_MS = 60_000;
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Sends a GET, follows redirects itself, and tries again with growing delays where the network or
 * the server failed. Any answer that is not for trying again comes back, also 404 and 416.
 *
 * `read` takes what is wanted of the answer; where it fails by the network, or throws a
 * `protocol_error`, the request is sent again.
 *
 * @throws QwqError `network`, `timeout`, `rate_limited`, `upstream_error`, `protocol_error`, `unauthorized`, `forbidden`.
 */
export async function get<T>(
  ports: ModelPorts,
  request: HubRequest,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  let fault: QwqError = new QwqError("internal", "no request was sent");
  for (let attempt = 0; attempt < TRIES; attempt++) {
    let delayMs = FIRST_DELAY_MS * 2 ** attempt;
    try {
      const response = await followRedirects(ports, request);
      if (!RETRIED.has(response.status)) return await readAnswer(response, request, read);
      await discard(response);
      fault = statusFault(request.url, response.status);
      delayMs = retryAfterMs(response) ?? delayMs;
    } catch (error) {
      fault = networkFault(request.url, error);
      if (!isTransient(fault)) throw fault;
    }
    if (attempt + 1 < TRIES) await ports.sleep(Math.min(delayMs, LONGEST_DELAY_MS));
  }
  throw fault;
}

async function readAnswer<T>(
  response: Response,
  request: HubRequest,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  if (response.status === 401 || response.status === 403) {
    await discard(response);
    throw statusFault(request.url, response.status);
  }
  return read(response);
}

async function followRedirects(ports: ModelPorts, request: HubRequest): Promise<Response> {
  const origin = new URL(request.url);
  let url = origin;
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  for (let step = 0; step <= REDIRECTS; step++) {
    const headers: Record<string, string> = { ...request.headers, "accept-encoding": "identity" };
    if (request.token !== undefined && url.origin === origin.origin) {
      headers["authorization"] = `Bearer ${request.token}`;
    }
    const response = await ports.fetch(url.href, { headers, redirect: "manual", signal });
    if (response.type === "opaqueredirect") {
      // A browser shows no redirects; it follows them itself, and drops the token on the way.
      return await ports.fetch(url.href, { headers, redirect: "follow", signal });
    }
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || response.status === 304) return response;
    await discard(response);
    if (location === null) throw protocolFault(url.href, "redirects to nowhere");
    url = redirectTarget(location, url);
  }
  throw protocolFault(request.url, `redirects more than ${REDIRECTS} times`);
}

function redirectTarget(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  const isWeb = target?.protocol === "https:" || target?.protocol === "http:";
  if (target === null || !isWeb) throw protocolFault(from.href, "redirects to no web address");
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw protocolFault(from.href, "redirects from https to http");
  }
  return target;
}

/** Seconds of a Retry-After; a date is not taken, for want of a clock. */
function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

/** Ends an answer that nobody reads, so that its connection is free again. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** An address as it may be shown: without query, fragment and credentials. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** The fault of a server that breaks HTTP's rules. */
export function protocolFault(url: string, what: string): QwqError {
  return new QwqError("protocol_error", `${shownUrl(url)} ${what}`, {
    hint: "A proxy or a mirror may be at fault: try without it, or another HF_ENDPOINT.",
  });
}

function statusFault(url: string, status: number): QwqError {
  const details = { status };
  const shown = shownUrl(url);
  switch (status) {
    case 401:
      return new QwqError("unauthorized", `${shown} asks who you are, or does not exist`, {
        hint: "Check the name; for a private or gated model set HF_TOKEN.",
        details,
      });
    case 403:
      return new QwqError("forbidden", `${shown} is not open to you`, {
        hint: "Accept the model's terms on its page, and set HF_TOKEN to a token of that account.",
        details,
      });
    case 429:
      return new QwqError("rate_limited", `${shown} was asked too often`, {
        hint: "Wait some minutes, or set HF_TOKEN for a higher limit.",
        details,
      });
    default:
      return new QwqError("upstream_error", `${shown} answers with status ${status}`, {
        hint: "Try again later, or set HF_ENDPOINT to a mirror.",
        details,
      });
  }
}

/** The fault of any answer that has no use: by status, 404 as an unknown model. */
export function refusal(url: string, status: number): QwqError {
  if (status !== 404 && status !== 410) return statusFault(url, status);
  return new QwqError("unknown_model", `${shownUrl(url)} does not exist`, {
    hint: "Check the name of the repository and the file.",
    details: { status },
  });
}

const TRANSIENT: ReadonlySet<string> = new Set(["network", "timeout", "protocol_error"]);

function isTransient(fault: QwqError): boolean {
  return TRANSIENT.has(fault.code);
}

function networkFault(url: string, error: unknown): QwqError {
  if (QwqError.is(error)) return error;
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  return new QwqError(
    isTimeout ? "timeout" : "network",
    isTimeout ? `${shownUrl(url)} does not answer` : `cannot reach ${shownUrl(url)}`,
    { cause: error, hint: "Check the network, or set HF_ENDPOINT to a mirror that you can reach." },
  );
}
