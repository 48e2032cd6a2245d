import { ref, type Schema } from "./json-schema.ts";

/** One operation as this router offers it. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  /** Who may: everybody, or a caller with a key or an access token. */
  readonly open?: boolean;
  /** Name of the body's schema. */
  readonly body?: string;
  /** Name of the schema by status; null for no body. */
  readonly answers: Readonly<Record<number, string | null>>;
  /** Media type of an answer that is no JSON. */
  readonly type?: string;
  /** Schema of each event's data, where an answer may be a stream. */
  readonly events?: Schema;
  readonly headers?: readonly string[];
  readonly query?: readonly string[];
}

/** Headers that requests to a model take, and what they are for. */
export const HEADERS: Readonly<Record<string, string>> = {
  "x-qwq-resumable": "`on`: the answer outlives its connection and is gone on with by its id",
  "idempotency-key": "Repeats of a request with the same key are one generation",
  "last-event-id": "Id of the last event that arrived whole: the stream goes on behind it",
  "x-qwq-low-data": "`on`: tokens are joined by time, thinking is told as progress",
  "x-qwq-coalesce-ms": "Window within which tokens are joined, ms",
  "x-qwq-thinking": "`full`, `progress` or `none`",
  "x-qwq-objective": "`fastest`, `cheapest`, `balanced`, `prefer-local` or `prefer-cloud`",
  "x-qwq-privacy": "`device`, `own-network`, `region` or `any`; only narrows",
  "x-qwq-mode": "`error`, `continue` or `hold`: what a break after the first token becomes",
  "x-qwq-hedge": "`on` or `off`",
  "x-qwq-deadline-ms": "For the whole request, ms",
  "x-qwq-reasoning": "`as-sent`, `normalized` or `thought-first`",
};

const VIEW = ["last-event-id", "x-qwq-low-data", "x-qwq-coalesce-ms", "x-qwq-thinking"] as const;
const ALL = Object.keys(HEADERS);
const named: Schema = { type: "object" };

const asking = (
  id: string,
  summary: string,
  body: string,
  answer: string,
  events?: Schema,
): Operation => ({
  id,
  summary,
  body,
  answers: { 200: answer, 202: "Answer" },
  headers: ALL,
  ...(events === undefined ? {} : { events }),
});

/** Every operation, by method and path as OpenAPI writes it. A route that is not here fails a test. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "GET /health": {
    id: "getHealth",
    summary: "Whether a node is ready",
    open: true,
    answers: { 200: "Health", 503: "Health" },
  },
  "GET /metrics": {
    id: "getMetrics",
    summary: "Counters for Prometheus; needs the scope `metrics`",
    type: "text/plain",
    answers: { 200: null },
  },
  "GET /openapi.json": {
    id: "getOpenApi",
    summary: "This document",
    open: true,
    answers: { 200: "Document" },
  },
  "GET /v1/models": {
    id: "listModels",
    summary: "Models of all nodes",
    answers: { 200: "Models" },
  },
  "GET /v1/models/{id}": { id: "getModel", summary: "One model", answers: { 200: "Model" } },
  "POST /v1/route/explain": {
    id: "explainRoute",
    summary: "Where a request would run, and why; runs nothing",
    body: "ChatRequest",
    answers: { 200: "RouteExplanation" },
  },
  "POST /v1/chat/completions": asking(
    "createChatCompletion",
    "A chat completion; a stream of chunks with `stream: true`, ended by `[DONE]`",
    "ChatRequest",
    "ChatCompletion",
    ref("ChatChunk"),
  ),
  "POST /v1/completions": asking(
    "createCompletion",
    "A text completion",
    "CompletionRequest",
    "Completion",
    named,
  ),
  "POST /v1/embeddings": asking(
    "createEmbeddings",
    "Embeddings",
    "EmbeddingsRequest",
    "Embeddings",
  ),
  "POST /v1/responses": asking(
    "createResponse",
    "OpenAI's Responses",
    "ResponsesRequest",
    "Response",
    named,
  ),
  "POST /v1/messages": asking(
    "createMessage",
    "Anthropic's Messages",
    "MessagesRequest",
    "Message",
    named,
  ),
  "GET /v1/answers/{id}": {
    id: "getAnswer",
    summary: "An answer that outlives its connection, as far as it is",
    answers: { 200: "Answer" },
  },
  "GET /v1/answers/{id}/events": {
    id: "followAnswer",
    summary: "Its events behind `Last-Event-ID`, then what comes; 204 where all was told",
    answers: { 204: null },
    events: named,
    headers: VIEW,
  },
  "DELETE /v1/answers/{id}": {
    id: "cancelAnswer",
    summary: "Ends it at the node; leaving a stream does not",
    answers: { 200: "Answer" },
  },
  "GET /v1/webhooks/secret": {
    id: "getWebhookSecret",
    summary: "The caller's own key for webhook signatures (Standard Webhooks)",
    answers: { 200: "WebhookSecret" },
  },
  "POST /v1/auth/token": {
    id: "createToken",
    summary: "Tokens for an identity token, or for a refresh token",
    open: true,
    body: "TokenRequest",
    answers: { 200: "Tokens" },
  },
  "POST /v1/auth/revoke": {
    id: "revokeToken",
    summary: "Ends a session, or all of an account",
    open: true,
    body: "RevokeRequest",
    answers: { 200: "Revoked" },
  },
  "GET /v1/nodes": {
    id: "listNodes",
    summary: "Nodes; for administrators",
    answers: { 200: "NodeList" },
  },
  "POST /v1/nodes/codes": {
    id: "createJoinCode",
    summary: "A one-time code by which a machine joins; for administrators",
    answers: { 200: "JoinCode" },
  },
  "POST /v1/nodes/enrol": {
    id: "enrolNode",
    summary: "A machine's certificate for a code",
    open: true,
    body: "EnrolRequest",
    answers: { 201: "Enrolled" },
  },
  "GET /v1/nodes/connect": {
    id: "connectNode",
    summary: "A node's WebSocket",
    open: true,
    answers: { 426: "Error" },
  },
  "POST /v1/nodes/{name}/drain": {
    id: "drainNode",
    summary: "Sends a node nothing new; `off` takes that back; for administrators",
    query: ["off"],
    answers: { 200: "Drained" },
  },
  "DELETE /v1/nodes/{name}": {
    id: "removeNode",
    summary: "Ends a node's right to connect; for administrators",
    answers: { 200: "Removed" },
  },
  "GET /.well-known/openid-configuration": {
    id: "getOpenIdConfiguration",
    summary: "The router as an issuer of identities to AWS",
    open: true,
    answers: { 200: "Document" },
  },
  "GET /.well-known/jwks.json": {
    id: "getKeys",
    summary: "The issuer's public keys",
    open: true,
    answers: { 200: "Document" },
  },
};
