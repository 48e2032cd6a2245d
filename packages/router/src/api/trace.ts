import type { Receipt } from "@qwq-fit/schema";

/** One span as OpenTelemetry has it, without text of a prompt or an answer. Times are epoch ms. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: "server" | "client";
  readonly startMs: number;
  readonly endMs: number;
  readonly ok: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** Where a request stands in its trace. */
export interface TraceContext {
  readonly traceId: string;
  /** The router's own span; nodes hang theirs below it. */
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly sampled: boolean;
}

/** W3C Trace Context, version 00. All zeros is no id. */
const FORM = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

const hex = (bytes: number): string =>
  [...crypto.getRandomValues(new Uint8Array(bytes))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

/** The caller's trace gone on with, or a new one; null where there is none and spans go nowhere. */
export function traceOf(traceparent: string | null, exported: boolean): TraceContext | null {
  const given = FORM.exec(traceparent ?? "");
  if (given === null && !exported) return null;
  return {
    traceId: given?.[1] ?? hex(16),
    spanId: hex(8),
    parentSpanId: given?.[2] ?? null,
    sampled: given === null || (Number.parseInt(given[3] ?? "0", 16) & 1) === 1,
  };
}

/** The header by which a node goes on with the trace. */
export const traceparentOf = (trace: TraceContext): string =>
  `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;

/** The spans of one request: the router's own, and one for each try at a node. */
export function spansOf(
  trace: TraceContext,
  receipt: Receipt,
  request: { readonly caller: string; readonly status: number; readonly startMs: number },
): readonly Span[] {
  const { startMs } = request;
  const last = receipt.attempts.at(-1);
  const ok = last?.outcome === "served";
  const { promptTokens, outputTokens, costUsd } = receipt.actual;
  const tries = receipt.attempts.map((attempt): Span => ({
    traceId: trace.traceId,
    spanId: hex(8),
    parentSpanId: trace.spanId,
    name: `node ${attempt.node}`,
    kind: "client",
    startMs: startMs + attempt.startedMs,
    endMs: startMs + attempt.endedMs,
    ok: attempt.outcome === "served",
    attributes: {
      "qwq.node": attempt.node,
      "qwq.outcome": attempt.outcome,
      ...(attempt.reason === null ? {} : { "error.type": attempt.reason }),
    },
  }));
  const own: Span = {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    name: `chat ${receipt.model}`,
    kind: "server",
    startMs,
    endMs: startMs + (receipt.actual.totalMs ?? 0),
    ok,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": receipt.model,
      "http.response.status_code": request.status,
      "qwq.caller": request.caller,
      "qwq.node": receipt.node,
      "qwq.attempts": receipt.attempts.length,
      "qwq.continued": receipt.continued,
      ...(promptTokens === null ? {} : { "gen_ai.usage.input_tokens": promptTokens }),
      ...(outputTokens === null ? {} : { "gen_ai.usage.output_tokens": outputTokens }),
      ...(costUsd === null ? {} : { "qwq.cost_usd": costUsd }),
      ...(ok || last === undefined ? {} : { "error.type": last.reason ?? last.outcome }),
    },
  };
  return [own, ...tries];
}
