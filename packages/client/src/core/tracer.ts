// The part of OpenTelemetry's API that is used, by its shape (opentelemetry-js, api/src/trace): a tracer of theirs fits.

type AttributeValue = string | number | boolean | string[];

/** A span, as OpenTelemetry has it. */
export interface Span {
  setAttributes(attributes: Record<string, AttributeValue>): unknown;
  addEvent(name: string, attributes?: Record<string, AttributeValue>): unknown;
  setStatus(status: { code: 0 | 1 | 2; message?: string }): unknown;
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
  end(): void;
}

/** What `trace.getTracer("my-app")` gives. */
export interface Tracer {
  startSpan(
    name: string,
    options: { readonly kind: 2; readonly attributes: Record<string, AttributeValue> },
  ): Span;
}
