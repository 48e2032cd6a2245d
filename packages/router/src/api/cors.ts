/** What a browser page of an allowed origin may send and read. */
export const corsHeaders = (origin: string): Record<string, string> => ({
  "access-control-allow-origin": origin,
  "access-control-allow-headers":
    "authorization, content-type, x-api-key, x-qwq-objective, x-qwq-privacy, x-qwq-mode, x-qwq-hedge, x-qwq-deadline-ms, x-qwq-reasoning, x-qwq-resumable, x-qwq-low-data, x-qwq-coalesce-ms, x-qwq-thinking, idempotency-key, last-event-id",
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-expose-headers":
    "x-qwq-node, x-qwq-receipt, x-qwq-answer, x-request-id, retry-after",
  vary: "origin",
});
