/** What the router may ask of a node, below its server's root: inference, and what it serves. Nothing else. */
const PATHS: Readonly<Record<string, "GET" | "POST">> = {
  "/v1/chat/completions": "POST",
  "/v1/completions": "POST",
  "/v1/embeddings": "POST",
  "/v1/models": "GET",
  "/v1/node": "GET",
};

/**
 * Whether a request is one of those let through. The path is compared as text, whole: no query, no other spelling,
 * no address; so there is nothing to escape by.
 */
export function isAllowed(method: unknown, path: unknown): path is string {
  return typeof path === "string" && Object.hasOwn(PATHS, path) && PATHS[path] === method;
}

/** Headers of a request that reach the local server. Credentials and cookies are not among them. */
const TO_NODE: ReadonlySet<string> = new Set([
  "accept",
  "content-type",
  "traceparent",
  "tracestate",
  "x-request-id",
]);
/** Headers of an answer that leave the machine. */
const FROM_NODE: ReadonlySet<string> = new Set([
  "cache-control",
  "content-type",
  "openai-processing-ms",
  "retry-after",
  "x-request-id",
]);
const MOST_VALUE = 4096;

function kept(headers: unknown, names: ReadonlySet<string>): Record<string, string> {
  if (typeof headers !== "object" || headers === null) return {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]: [string, unknown]) => {
      const lower = name.toLowerCase();
      const fine = typeof value === "string" && value.length <= MOST_VALUE;
      return fine && names.has(lower) && /^[\t\x20-\x7e]*$/.test(value) ? [[lower, value]] : [];
    }),
  );
}

/** The headers that a local server is sent. */
export function requestHeaders(headers: unknown): Record<string, string> {
  return kept(headers, TO_NODE);
}

/** The headers that the router is sent. */
export function answerHeaders(headers: unknown): Record<string, string> {
  return kept(headers, FROM_NODE);
}
