import {
  any,
  constant,
  count,
  described,
  flag,
  list,
  number,
  object,
  oneOf,
  open,
  orNull,
  ref,
  type Schema,
  text,
} from "./json-schema.ts";

const node = { id: text, name: text };
const seconds = described("Seconds since 1970.", count);

/** What the router alone tells. */
export const OWN_SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: object({
    error: object({
      message: text,
      type: text,
      param: orNull(text),
      code: described("Stable: switch on it, not on the message.", orNull(text)),
    }),
  }),
  Health: object({ status: text, nodes: count }),
  Model: object({
    id: text,
    object: constant("model"),
    created: count,
    owned_by: text,
    context_length: orNull(count),
    max_output_tokens: orNull(count),
    nodes: count,
    ready: flag,
    capabilities: list(text),
  }),
  Models: object({ object: constant("list"), data: list(ref("Model")) }),
  RouteExplanation: object({
    policy: open({ objective: text, privacy: text }),
    mode: oneOf("error", "continue", "hold"),
    shape: open({ model: text, promptTokens: number, outputTokens: number }),
    decision: open({ kind: oneOf("route", "reject"), rejected: list(any) }),
  }),
  Answer: object({
    id: { ...text, pattern: "^ans_[A-Za-z0-9_-]{22}$" },
    object: constant("answer"),
    status: oneOf("in_progress", "completed", "failed", "cancelled"),
    model: text,
    created_at: seconds,
    ended_at: orNull(seconds),
    expires_at: orNull(described("Seconds since 1970; then it is forgotten.", count)),
    last_event_id: orNull(described("For `Last-Event-ID`.", text)),
    output: described(
      "What was answered so far: a chat completion, or the answer as it was given.",
      { anyOf: [open({}), { type: "null" }] },
    ),
    error: orNull(object({ code: text, message: text })),
  }),
  TokenRequest: {
    oneOf: [
      object(
        {
          grant_type: constant("identity_token"),
          token: described("Of a configured issuer, or of Firebase App Check. Good once.", text),
          device: described("An id that this install keeps.", text),
        },
        { identity: described("Name of the issuer in the router's configuration.", text) },
      ),
      object({ grant_type: constant("refresh_token"), refresh_token: text }),
    ],
  },
  Tokens: object({
    access_token: text,
    token_type: constant("Bearer"),
    expires_in: described("Seconds.", count),
    refresh_token: described("Good once: keep the new one.", text),
    refresh_expires_in: described("Seconds.", count),
  }),
  RevokeRequest: object(
    {},
    {
      refresh_token: described("Or an access token as the request's bearer.", text),
      all: described("All sessions of the account.", flag),
      caller: described("For administrators: a device as the log names it.", text),
    },
  ),
  Revoked: object({ revoked: count }),
  WebhookSecret: object({ secret: { ...text, pattern: "^whsec_" } }),
  JoinCode: object({ code: text, expires: { ...text, format: "date-time" } }),
  EnrolRequest: open({ code: text, publicKey: any }, { name: text }),
  Enrolled: object({ ...node, certificate: text }),
  NodeList: object({
    object: constant("list"),
    data: list(
      object({
        id: orNull(text),
        name: text,
        joined: flag,
        status: text,
        drained: flag,
        engine: orNull(text),
        models: list(text),
        slots: orNull(count),
        inFlight: orNull(count),
        queued: orNull(count),
        power: any,
        breaker: any,
        agent: orNull(text),
        seen: orNull({ ...text, format: "date-time" }),
        enrolled: orNull({ ...text, format: "date-time" }),
      }),
    ),
  }),
  Drained: object({ ...node, drained: flag }),
  Removed: object({ ...node, removed: flag }),
  Document: open({}),
};
