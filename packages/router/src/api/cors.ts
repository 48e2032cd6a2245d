/** What a browser page of an allowed origin may send and read. */
export const corsHeaders = (origin: string): Record<string, string> => ({
  "access-control-allow-origin": origin,
  "access-control-allow-headers":
    "authorization, content-type, x-api-key, x-qwq-objective, x-qwq-privacy, x-qwq-mode, x-qwq-hedge, x-qwq-deadline-ms",
  "access-control-allow-methods": "GET, POST",
  "access-control-expose-headers": "x-qwq-node, x-qwq-receipt, x-request-id, retry-after",
  vary: "origin",
});
