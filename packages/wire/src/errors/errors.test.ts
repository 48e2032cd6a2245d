import { describe, expect, test } from "vitest";

import { readErrorBody } from "./body.ts";
import { errorEnvelope, statusOf } from "./envelope.ts";
import { retryAfterMs } from "./retry-after.ts";

describe("our faults", () => {
  test.each([
    ["invalid_request", 400, "invalid_request"],
    ["context_too_long", 400, "context_length_exceeded"],
    ["unauthorized", 401, "invalid_api_key"],
    ["unknown_model", 404, "model_not_found"],
    ["saturated", 429, "saturated"],
    ["engine_crashed", 503, "engine_crashed"],
    ["timeout", 504, "timeout"],
  ])("%s is told with status %i and code %s, and read back", (code, status, told) => {
    expect(statusOf(code)).toBe(status);
    const body = errorEnvelope({ code, message: "why", param: "messages[0]" });
    expect(body.error).toMatchObject({ message: "why", param: "messages[0]", code: told });
    expect(readErrorBody(body, status).code).toBe(code);
  });

  test("an inner fault is told without its text, and never as the caller's", () => {
    for (const code of ["internal", "probe_failed", "no such code"]) {
      expect(statusOf(code)).toBe(500);
      expect(JSON.stringify(errorEnvelope({ code, message: "/root/secret" }))).not.toMatch(
        "secret",
      );
    }
  });
});

describe("an upstream's error", () => {
  test.each([
    [{ error: { message: "m", code: "model_not_found" } }, 404, "unknown_model"],
    [{ error: "busy" }, 429, "rate_limited"],
    [{ detail: "bad" }, 422, "invalid_request"],
    [{ type: "error", error: { type: "overloaded_error", message: "x" } }, 529, "saturated"],
    [{ error: { code: 503, message: "Loading model" } }, null, "upstream_error"],
    [
      {
        error: {
          code: 400,
          message: "request (9 tokens) exceeds the available context size (4 tokens)",
          type: "exceed_context_size_error",
        },
      },
      400,
      "context_too_long",
    ],
    [
      { error: { message: "This model's maximum context length is 4096 tokens." } },
      400,
      "context_too_long",
    ],
    ["<html>502</html>", 502, "upstream_error"],
    ["", 504, "timeout"],
    [null, null, "upstream_error"],
  ])("%j with status %s is %s", (body, status, code) => {
    expect(readErrorBody(body, status).code).toBe(code);
  });

  test("its text is kept up to a limit", () => {
    expect(readErrorBody({ error: { message: "x".repeat(9000) } }).message).toHaveLength(2000);
  });
});

test.each([
  [{ "retry-after": "3" }, 3000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after-ms": "120", "retry-after": "3" }, 120],
  [{ "retry-after": "Thu, 01 Jan 1970 00:00:20 GMT" }, 10_000],
  [{ "retry-after": "Thu, 01 Jan 1970 00:00:01 GMT" }, 0],
  [{ "retry-after": "-5" }, null],
  [{ "retry-after": "soon" }, null],
  [{}, null],
])("%j is %s ms", (headers, expected) => {
  expect(retryAfterMs(new Headers(Object.entries(headers)), 10_000)).toBe(expected);
});
