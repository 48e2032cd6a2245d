import type { FramedAnswer, FrameStream } from "@qwq-fit/relay";
import type { Receipt } from "@qwq-fit/schema";
import { isObject, parseJson, readFrame, type SseFrame, stringField } from "@qwq-fit/wire";
import type { Core } from "./core.ts";
import { ClientError } from "./errors.ts";
import type { Span, Tracer } from "./tracer.ts";

type Attributes = Parameters<Span["setAttributes"]>[0];

/** OpenTelemetry's numbers: SpanKind.CLIENT, SpanStatusCode.ERROR. */
const CLIENT_KIND = 2;
const ERROR = 2;

/** Names of operations in the conventions for generative AI (opentelemetry.io/docs/specs/semconv/gen-ai). */
const OPERATIONS = {
  chat: "chat",
  completions: "text_completion",
  embeddings: "embeddings",
} as const;

/** The request's settings by their conventional names. */
const SETTINGS: Readonly<Record<string, string>> = {
  max_tokens: "gen_ai.request.max_tokens",
  max_completion_tokens: "gen_ai.request.max_tokens",
  temperature: "gen_ai.request.temperature",
  top_p: "gen_ai.request.top_p",
  top_k: "gen_ai.request.top_k",
  seed: "gen_ai.request.seed",
};

/** Sends within a span, which ends with the answer. No text of a prompt or an answer is in it. */
export async function sendTraced(
  core: Core,
  tracer: Tracer,
  ...[api, body, call, voice]: Parameters<Core["send"]>
): Promise<FramedAnswer> {
  const operation = OPERATIONS[api];
  const model = stringField(body, "model") ?? core.model;
  const attributes: Attributes = {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": "qwq-fit",
    "gen_ai.request.model": model,
  };
  for (const [field, name] of Object.entries(SETTINGS)) {
    const value = body[field];
    if (typeof value === "number") attributes[name] = value;
  }
  const span = tracer.startSpan(`${operation} ${model}`, { kind: CLIENT_KIND, attributes });
  const { traceId, spanId, traceFlags } = span.spanContext();
  const flags = traceFlags.toString(16).padStart(2, "0");
  const headers = { traceparent: `00-${traceId}-${spanId}-${flags}`, ...call.headers };
  try {
    const answer = await core.send(api, body, { ...call, headers }, voice);
    const seen = { finish: new Set<string>(), code: null as string | null };
    const watched =
      typeof answer.body === "string"
        ? noteWhole(answer.body, seen.finish)
        : watch(answer.body, seen);
    void answer.receipt.then((receipt) => {
      const failed = receipt.attempts.at(-1);
      const code = failed?.outcome === "served" ? null : (seen.code ?? failed?.reason ?? null);
      finish(span, receipt, code, [...seen.finish]);
    });
    return { ...answer, body: watched };
  } catch (error) {
    const known = error instanceof ClientError ? error : null;
    finish(span, known?.receipt ?? null, known?.code ?? "_OTHER", []);
    throw error;
  }
}

function finish(span: Span, receipt: Receipt | null, code: string | null, reasons: string[]): void {
  for (const { node, outcome, reason, startedMs, endedMs } of receipt?.attempts ?? []) {
    const why: Attributes = reason === null ? {} : { "error.type": reason };
    span.addEvent("qwq.attempt", {
      "qwq.node": node,
      "qwq.outcome": outcome,
      "qwq.started_ms": startedMs,
      "qwq.ended_ms": endedMs,
      ...why,
    });
  }
  const attributes: Attributes = {};
  const put = (name: string, value: string | number | boolean | string[] | null | undefined) => {
    if (value !== null && value !== undefined) attributes[name] = value;
  };
  put("gen_ai.response.model", receipt?.model);
  put("gen_ai.response.finish_reasons", reasons.length === 0 ? null : reasons);
  put("gen_ai.usage.input_tokens", receipt?.actual.promptTokens);
  put("gen_ai.usage.output_tokens", receipt?.actual.outputTokens);
  put("qwq.node", receipt?.node);
  put("qwq.privacy", receipt?.privacy);
  put("qwq.continued", receipt?.continued);
  put("qwq.cost_usd", receipt?.actual.costUsd);
  put("qwq.time_to_first_token_ms", receipt?.actual.timeToFirstTokenMs);
  put("error.type", code);
  span.setAttributes(attributes);
  if (code !== null) span.setStatus({ code: ERROR, message: code });
  span.end();
}

/** Notes why a whole answer ended. */
function noteWhole(text: string, reasons: Set<string>): string {
  const value = parseJson(text);
  const choices: unknown = isObject(value) ? value["choices"] : undefined;
  for (const choice of Array.isArray(choices) ? choices : []) {
    const reason = stringField(choice, "finish_reason");
    if (reason !== undefined) reasons.add(reason);
  }
  return text;
}

/** The same stream; what it tells of its end is noted. */
function watch(
  body: FrameStream,
  seen: { readonly finish: Set<string>; code: string | null },
): FrameStream {
  async function* frames(): AsyncGenerator<readonly SseFrame[]> {
    for await (const batch of body.frames) {
      for (const frame of batch) {
        const data = readFrame(frame);
        if (data?.kind === "error") seen.code = data.error.code;
        if (data?.kind !== "chunk") continue;
        for (const choice of data.chunk.choices) {
          if (choice.finish_reason) seen.finish.add(choice.finish_reason);
        }
      }
      yield batch;
    }
  }
  return { ...body, frames: frames() };
}
