import { QwqError } from "@qwq-fit/schema";
import type { Context, Hono } from "hono";
import type { ApiOptions, RequestLog } from "./api-options.ts";
import { isAllowedKey, keyOf, refuseCaller } from "./guard.ts";
import { errorBody, errorHeaders, faultOf } from "./http-error.ts";
import type { Metrics } from "./metrics.ts";

/** What the handlers of one request share. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    startedMs: number;
    /** Why an answer failed, for the log. */
    faultCode?: string;
  };
}

/** Response headers that a web page of a named origin may read. */
const EXPOSED_HEADERS = "x-request-id, retry-after, retry-after-ms";

/** Request ids, CORS, who may call, errors in the API's own shape, and the log. */
export function applyGuards(app: Hono<ApiEnv>, options: ApiOptions, metrics: Metrics): void {
  app.use(async (c, next) => {
    const given = c.req.header("x-request-id");
    const requestId =
      given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : options.newId();
    c.set("requestId", requestId);
    c.set("startedMs", options.now());
    const refusal = refuseCaller(c.req.raw.headers, options);
    if (refusal !== null) {
      c.res = failureResponse(c, new QwqError(refusal.code, refusal.message));
    } else if (c.req.method === "OPTIONS") {
      c.res = new Response(null, { status: 204 });
    } else {
      const unknown = refuseKey(c, options);
      if (unknown === null) await next();
      else c.res = failureResponse(c, unknown);
    }
    addHeaders(c, requestId, options);
    metrics.request(routeOf(c.req.path), c.res.status);
    options.log(logOf(c, options));
  });
  app.onError((error, c) => failureResponse(c, error));
}

/** The log's entry for a request, without any of its text. */
export function logOf(c: Context<ApiEnv>, options: ApiOptions): RequestLog {
  return {
    requestId: c.get("requestId"),
    method: c.req.method,
    path: routeOf(c.req.path),
    status: c.res.status,
    durationMs: options.now() - c.get("startedMs"),
    errorCode: c.get("faultCode") ?? null,
  };
}

/** The answer to a failed request, in the shape of the API that was called. */
export function failureResponse(c: Context<ApiEnv>, error: unknown): Response {
  const fault = faultOf(error);
  c.set("faultCode", fault.code);
  const body = errorBody(fault, c.req.path.startsWith("/v1/messages") ? "anthropic" : "openai");
  return Response.json(body, { status: fault.status, headers: errorHeaders(fault) });
}

/** Inference asks for a key where there are any; management always asks for the token. */
function refuseKey(c: Context<ApiEnv>, options: ApiOptions): QwqError | null {
  const { path } = c.req;
  if (path === "/health" || path === "/management/proof") return null;
  const key = keyOf(c.req.raw.headers);
  const management = path.startsWith("/management/");
  if (!management && options.apiKeys.length === 0) return null;
  const allowed = management ? [options.token] : [...options.apiKeys, options.token];
  if (isAllowedKey(key, allowed)) return null;
  return new QwqError(
    "unauthorized",
    key === null ? "an API key is needed" : "this key is unknown",
  );
}

function addHeaders(c: Context<ApiEnv>, requestId: string, { corsOrigins }: ApiOptions): void {
  c.header("x-request-id", requestId);
  // Anthropic's client reads this name.
  if (c.req.path.startsWith("/v1/messages")) c.header("request-id", requestId);
  const origin = c.req.header("origin");
  if (origin === undefined || !corsOrigins.includes(origin)) return;
  c.header("access-control-allow-origin", origin);
  c.header("vary", "Origin");
  c.header("access-control-expose-headers", EXPOSED_HEADERS);
  if (c.req.method !== "OPTIONS") return;
  c.header("access-control-allow-methods", "GET, POST");
  // What is asked for is what may be sent: the origin is a named one.
  c.header("access-control-allow-headers", c.req.header("access-control-request-headers") ?? "");
  c.header("access-control-max-age", "600");
  // Chrome asks this of a server on a private network before a public page may call it.
  if (c.req.header("access-control-request-private-network") === "true") {
    c.header("access-control-allow-private-network", "true");
  }
}

const ROUTES = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/embeddings",
  "/v1/responses",
  "/v1/messages",
  "/v1/messages/count_tokens",
  "/v1/models",
  "/v1/node",
  "/health",
  "/metrics",
  "/management/proof",
  "/management/stop",
];

/** The route of a path, so that logs and metrics hold nothing that a caller made up. */
function routeOf(path: string): string {
  if (path.startsWith("/v1/models/")) return "/v1/models/:id";
  return ROUTES.includes(path) ? path : "other";
}
