import type { Span } from "../api/trace.ts";

/** Sends spans to an OpenTelemetry collector, in batches; a collector that is down costs spans, never an answer. */
export interface SpanExporter {
  readonly add: (spans: readonly Span[]) => void;
  /** Sends what is held; resolves when it was taken or given up. */
  readonly flush: () => Promise<void>;
}

const BATCH_SPANS = 512;
const MOST_SPANS = 4096;
const EVERY_MS = 2000;
const SEND_MS = 5000;
const KINDS = { server: 2, client: 3 } as const;

type Attribute = { key: string; value: Readonly<Record<string, string | number | boolean>> };

function attributeOf([key, value]: readonly [string, string | number | boolean]): Attribute {
  if (typeof value === "boolean") return { key, value: { boolValue: value } };
  if (typeof value === "string") return { key, value: { stringValue: value } };
  return {
    key,
    value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value },
  };
}

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);

/** Spans as OTLP/HTTP has them in JSON (opentelemetry-proto 1.x, ExportTraceServiceRequest). */
export function otlpOf(spans: readonly Span[], service: string): unknown {
  return {
    resourceSpans: [
      {
        resource: { attributes: [attributeOf(["service.name", service])] },
        scopeSpans: [
          {
            scope: { name: "@qwq-fit/router" },
            spans: spans.map((span) => ({
              traceId: span.traceId,
              spanId: span.spanId,
              ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
              name: span.name,
              kind: KINDS[span.kind],
              startTimeUnixNano: nanos(span.startMs),
              endTimeUnixNano: nanos(span.endMs),
              attributes: Object.entries(span.attributes).map(attributeOf),
              status: { code: span.ok ? 1 : 2 },
            })),
          },
        ],
      },
    ],
  };
}

/** An exporter to `endpoint` (as `OTEL_EXPORTER_OTLP_ENDPOINT` has it: without `/v1/traces`). */
export function createSpanExporter(
  endpoint: string,
  service: string,
  headers: Readonly<Record<string, string>> = {},
): SpanExporter {
  let held: Span[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    while (held.length > 0) {
      const batch = held.splice(0, BATCH_SPANS);
      try {
        const response = await fetch(`${endpoint.replace(/\/+$/, "")}/v1/traces`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(otlpOf(batch, service)),
          signal: AbortSignal.timeout(SEND_MS),
        });
        await response.body?.cancel();
      } catch {
        // Telemetry is not worth an answer: the batch is dropped.
      }
    }
  };
  return {
    flush,
    add: (spans) => {
      held.push(...spans);
      if (held.length > MOST_SPANS) held = held.slice(-MOST_SPANS);
      if (held.length >= BATCH_SPANS) void flush();
      else timer ??= setTimeout(() => void flush(), EVERY_MS).unref();
    },
  };
}
