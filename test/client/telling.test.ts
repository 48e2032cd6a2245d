import type { Span, Tracer } from "@qwq-fit/client";
import { describe, expect, test } from "vitest";
import { clientOf, saying, streaming } from "./answering-server.ts";

const messages = [{ role: "user" as const, content: "hi" }];

/** A tracer that keeps its spans, of OpenTelemetry's shape. */
function keepingTracer(): { tracer: Tracer; spans: Record<string, unknown>[] } {
  const spans: Record<string, unknown>[] = [];
  const startSpan: Tracer["startSpan"] = (name, { kind, attributes }) => {
    const kept = { name, kind, attributes: { ...attributes }, events: [] as string[], ended: 0 };
    spans.push(kept);
    const span: Span = {
      setAttributes: (more) => Object.assign(kept.attributes, more),
      addEvent: (event) => kept.events.push(event),
      setStatus: (status) => Object.assign(kept, { status }),
      spanContext: () => ({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 }),
      end: () => kept.ended++,
    };
    return span;
  };
  return { tracer: { startSpan }, spans };
}

describe("hooks and spans", () => {
  test("tell of decision, receipt and error; one that throws harms nothing", async () => {
    const told: string[] = [];
    const tell = (what: string) => () => {
      told.push(what);
      throw new Error("a hook's own fault");
    };
    const hooks = {
      onDecision: tell("decision"),
      onReceipt: tell("receipt"),
      onError: tell("error"),
    };
    const { ai } = await clientOf([saying("fine"), [500, {}]], { hooks });
    const answer = await ai.chat.completions.create({ messages });
    await answer.receipt;
    await expect(ai.chat.completions.create({ messages })).rejects.toMatchObject({
      code: "upstream_error",
    });
    expect(told).toEqual(["decision", "receipt", "decision", "receipt", "error"]);
  });

  test("a request is a span by the conventions for generative AI, its trace goes on at the target", async () => {
    const { tracer, spans } = keepingTracer();
    const { ai, asked } = await clientOf([saying("secret text"), streaming([{ content: "a" }])], {
      tracer,
    });
    await (
      await ai.chat.completions.create({ messages, max_tokens: 9 })
    ).receipt;
    for await (const _ of await ai.chat.completions.create({ messages, stream: true }));
    await expect.poll(() => spans.map(({ ended }) => ended)).toEqual([1, 1]);
    expect(spans[0]).toMatchObject({
      name: "chat m",
      kind: 2,
      events: ["qwq.attempt"],
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 2,
        "qwq.node": "own",
      },
    });
    expect(spans[1]).toMatchObject({ attributes: { "gen_ai.response.finish_reasons": ["stop"] } });
    expect(JSON.stringify(spans)).not.toMatch(/secret text|hi"/u);
    expect(asked[0]?.headers["traceparent"]).toBe(`00-${"a".repeat(32)}-${"b".repeat(16)}-01`);
  });

  test("a stream that fails has its receipt too", async () => {
    const { ai } = await clientOf([streaming([{ content: "a" }], "stop", "")]);
    const stream = await ai.chat.completions.create({ messages, stream: true });
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: "stream_interrupted" });
    expect((await stream.receipt).attempts).toMatchObject([{ outcome: "cut" }]);
  });

  test("a failure is the span's status and error.type", async () => {
    const { tracer, spans } = keepingTracer();
    const { ai } = await clientOf([[500, {}], streaming([{ content: "a" }], "stop", "")], {
      tracer,
    });
    await expect(ai.chat.completions.create({ messages })).rejects.toMatchObject({});
    const read = async (): Promise<void> => {
      for await (const _ of await ai.chat.completions.create({ messages, stream: true }));
    };
    await expect(read()).rejects.toMatchObject({ code: "stream_interrupted" });
    await expect.poll(() => spans.map(({ ended }) => ended)).toEqual([1, 1]);
    expect(spans).toMatchObject([
      { status: { code: 2 }, attributes: { "error.type": "upstream_error" } },
      { status: { code: 2 }, attributes: { "error.type": "stream_interrupted" } },
    ]);
  });
});
