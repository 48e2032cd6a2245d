import { describe, expect, test } from "vitest";
import { readTraceFrom } from "../trace/read-trace.ts";
import { readRow } from "./read-row.ts";

const at = Date.parse("2026-11-23T10:00:00Z");
const requestOf = (row: object): unknown => {
  const answer = readRow(row as Readonly<Record<string, unknown>>);
  return answer.kind === "requests" ? { format: answer.format, ...answer.requests[0] } : answer;
};

describe("our router's log", () => {
  const told = {
    event: "request",
    requestId: "r1",
    caller: "app",
    model: "m",
    node: "n",
    status: 200,
    outcome: "served",
    attempts: 1,
    promptTokens: 100,
    outputTokens: 50,
    firstTokenMs: 5,
    totalMs: 2000,
    costUsd: 0,
  };
  test("a line", () => {
    expect(requestOf({ ...told, arrivalMs: at })).toMatchObject({
      format: "router log",
      arrivalMs: at,
      promptTokens: 100,
      answerTokens: 50,
    });
  });
  test("a Worker's tail tells the time of its end", () => {
    const tail = {
      logs: [{ message: [JSON.stringify(told)], timestamp: at + 2000, level: "log" }],
    };
    expect(requestOf(tail)).toMatchObject({ arrivalMs: at, promptTokens: 100 });
  });
  test("other events are no requests, a line of an old router has no time", () => {
    expect(requestOf({ event: "ready", url: "x" })).toMatchObject({ fault: "not_a_request" });
    expect(requestOf(told)).toMatchObject({ fault: "missing_field" });
  });
});

describe("OpenAI", () => {
  const bucket = {
    object: "bucket",
    start_time: at / 1000,
    end_time: at / 1000 + 3600,
    results: [
      {
        object: "organization.usage.completions.result",
        input_tokens: 1000,
        output_tokens: 500,
        input_cached_tokens: 800,
        num_model_requests: 5,
      },
    ],
  };
  test("a bucket is spread over its time: as many requests, the tokens in sum", () => {
    const answer = readRow(bucket);
    if (answer.kind !== "requests") throw new Error(answer.message);
    expect(answer.requests).toHaveLength(5);
    for (const one of answer.requests) {
      expect(one).toMatchObject({ promptTokens: 200, answerTokens: 100 });
      expect(one.arrivalMs).toBeGreaterThanOrEqual(at);
      expect(one.arrivalMs).toBeLessThan(at + 3_600_000);
    }
    expect(readRow(bucket)).toEqual(answer);
  });
  test("a page as it is downloaded, over many lines", async () => {
    const page = JSON.stringify(
      { object: "page", data: [bucket, bucket], has_more: false },
      null,
      2,
    );
    async function* file(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      yield Buffer.from(page);
    }
    const trace = await readTraceFrom(file(), "page.json");
    expect([trace.store.length, trace.faults.total, trace.formats]).toEqual([10, 0, ["OpenAI"]]);
  });
  test("a stored completion, thoughts apart", () => {
    const usage = {
      prompt_tokens: 30,
      completion_tokens: 70,
      completion_tokens_details: { reasoning_tokens: 50 },
    };
    expect(requestOf({ object: "chat.completion", created: at / 1000, usage })).toMatchObject({
      arrivalMs: at,
      promptTokens: 30,
      reasoningTokens: 50,
      answerTokens: 20,
    });
  });
  test("a count no bucket has", () => {
    const results = [{ num_model_requests: 1e12, input_tokens: 1, output_tokens: 1 }];
    expect(requestOf({ ...bucket, results })).toMatchObject({ fault: "too_large" });
  });
});

describe("LiteLLM", () => {
  test("a row of the spend logs: dates, thoughts in the metadata", () => {
    expect(
      requestOf({
        request_id: "x",
        call_type: "acompletion",
        startTime: "2026-11-23T10:00:00.250000",
        endTime: "2026-11-23T10:00:09",
        prompt_tokens: 12,
        completion_tokens: 40,
        session_id: "s",
        metadata: JSON.stringify({
          usage_object: { completion_tokens_details: { reasoning_tokens: 30 } },
        }),
      }),
    ).toEqual({
      format: "LiteLLM",
      arrivalMs: at + 250,
      promptTokens: 12,
      reasoningTokens: 30,
      answerTokens: 10,
      prefixKey: "s",
      prefixTokens: null,
    });
  });
  test("the standard payload: seconds; embeddings and cache hits are no requests", () => {
    const payload = {
      id: "x",
      call_type: "acompletion",
      startTime: at / 1000,
      prompt_tokens: 12,
      completion_tokens: 40,
    };
    expect(requestOf(payload)).toMatchObject({ arrivalMs: at, answerTokens: 40 });
    expect(requestOf({ ...payload, call_type: "aembedding" })).toMatchObject({
      fault: "not_a_request",
    });
    expect(requestOf({ ...payload, cache_hit: true })).toMatchObject({ fault: "not_a_request" });
  });
});

describe("Langfuse", () => {
  const generation = {
    id: "o",
    traceId: "t",
    type: "GENERATION",
    startTime: "2026-11-23T10:00:00Z",
  };
  test("camel case with details beside the output", () => {
    const usageDetails = { input: 100, output: 20, output_reasoning_tokens: 30, total: 150 };
    expect(requestOf({ ...generation, sessionId: "s", usageDetails })).toMatchObject({
      format: "Langfuse",
      arrivalMs: at,
      promptTokens: 100,
      reasoningTokens: 30,
      answerTokens: 20,
      prefixKey: "s",
    });
  });
  test("snake case of the blob storage export, thoughts within the output", () => {
    const row = {
      id: "o",
      trace_id: "t",
      type: "GENERATION",
      start_time: "2026-11-23 10:00:00.000000",
      usage_details: { input: 100, output: 50, output_reasoning_tokens: 30, total: 150 },
    };
    expect(requestOf(row)).toMatchObject({ arrivalMs: at, reasoningTokens: 30, answerTokens: 20 });
  });
  test("old usage fields, and a span", () => {
    expect(requestOf({ ...generation, promptTokens: 5, completionTokens: 6 })).toMatchObject({
      promptTokens: 5,
      answerTokens: 6,
    });
    expect(requestOf({ ...generation, type: "SPAN" })).toMatchObject({ fault: "not_a_request" });
    expect(requestOf(generation)).toMatchObject({ fault: "no_tokens" });
  });
});
