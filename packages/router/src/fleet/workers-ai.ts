import {
  createSseScanner,
  DONE_EVENT,
  encodeSseJson,
  isObject,
  parseSseFrame,
} from "@qwq-fit/wire";
import type { Transport, UpstreamRequest } from "@qwq-fit/relay";

/** The part of Cloudflare's `env.AI` that is used. */
export interface AiBinding {
  run(model: string, input: Readonly<Record<string, unknown>>, options: object): Promise<unknown>;
}

/**
 * A model behind the Workers AI binding as a node. The binding speaks its own form (`{"response": "…"}` events, no
 * finish reason); what comes out is OpenAI's. Events that have `choices` already pass through. A stream that ends
 * without `[DONE]` gets no finish reason, so that it counts as broken.
 */
export function workersAiTransport(binding: AiBinding, model: string | null): Transport {
  return async ({ path, body, signal }: UpstreamRequest): Promise<Response> => {
    if (path !== "/chat/completions") return Response.json({}, { status: 404 });
    const value: unknown = JSON.parse(body);
    const request: Readonly<Record<string, unknown>> = isObject(value) ? value : {};
    const { model: asked, stream_options: _options, ...rest } = request;
    const name = model ?? String(asked);
    const cap = request["max_completion_tokens"] ?? request["max_tokens"];
    const input = typeof cap === "number" ? { ...rest, max_tokens: cap } : rest;
    const about: Answer = { name: String(asked), cap: typeof cap === "number" ? cap : null };
    const answer = await binding.run(name, input, { signal });
    if (answer instanceof ReadableStream) {
      const bytes: ReadableStream<Uint8Array> = answer;
      return new Response(chatEvents(bytes, about), {
        headers: { "content-type": "text/event-stream" },
      });
    }
    return Response.json(chatAnswer(answer, about));
  };
}

interface Answer {
  readonly name: string;
  readonly cap: number | null;
}

const ID = "workers-ai";
const encoder = new TextEncoder();

/** "length" where the cap was used up; the binding does not say more. */
function finishOf(usage: unknown, { cap }: Answer): "length" | "stop" {
  const used: unknown = isObject(usage) ? usage["completion_tokens"] : undefined;
  return cap !== null && typeof used === "number" && used >= cap ? "length" : "stop";
}

function chatAnswer(answer: unknown, about: Answer): unknown {
  if (!isObject(answer) || Array.isArray(answer["choices"])) return answer;
  const { response, usage, tool_calls: calls } = answer;
  if (typeof response !== "string" && !Array.isArray(calls)) return answer;
  const called = Array.isArray(calls) && calls.length > 0;
  return {
    id: ID,
    object: "chat.completion",
    created: 0,
    model: about.name,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: typeof response === "string" ? response : null,
          ...(called ? { tool_calls: calls.map(callOf) } : {}),
        },
        finish_reason: called ? "tool_calls" : finishOf(usage, about),
      },
    ],
    ...(isObject(usage) ? { usage } : {}),
  };
}

/** The binding's `{name, arguments}` as OpenAI's call. */
function callOf(call: unknown, index: number): unknown {
  if (!isObject(call) || isObject(call["function"])) return call;
  const { name, arguments: given } = call;
  const text = typeof given === "string" ? given : JSON.stringify(given ?? {});
  return { id: `call_${index}`, type: "function", function: { name, arguments: text } };
}

function chatEvents(body: ReadableStream<Uint8Array>, about: Answer): ReadableStream<Uint8Array> {
  const scanner = createSseScanner();
  let usage: unknown = null;
  let own = false;
  let called = false;
  const chunk = (delta: unknown, finish: string | null, more: object = {}): string =>
    encodeSseJson({
      id: ID,
      object: "chat.completion.chunk",
      created: 0,
      model: about.name,
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...more,
    });
  const rewrite = (data: string): string => {
    if (data.trim() === "[DONE]") {
      if (own) return DONE_EVENT;
      const finish = called ? "tool_calls" : finishOf(usage, about);
      return chunk({}, finish, isObject(usage) ? { usage } : {}) + DONE_EVENT;
    }
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      return `data: ${data}\n\n`;
    }
    if (!isObject(event) || event["choices"] !== undefined || event["error"] !== undefined) {
      own = true;
      return `data: ${data}\n\n`;
    }
    usage = event["usage"] ?? usage;
    const { response, tool_calls: calls } = event;
    if (Array.isArray(calls) && calls.length > 0) {
      called = true;
      return chunk(
        { tool_calls: calls.map((call, i) => ({ index: i, ...Object(callOf(call, i)) })) },
        null,
      );
    }
    return typeof response === "string" && response !== ""
      ? chunk({ content: response }, null)
      : "";
  };
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        let text = "";
        for (const frame of scanner.push(bytes)) {
          const { data } = parseSseFrame(frame);
          if (data !== null) text += rewrite(data);
        }
        if (text !== "") controller.enqueue(encoder.encode(text));
      },
      flush: (controller) => {
        const last = scanner.end();
        const data = last === null ? null : parseSseFrame(last).data;
        if (data !== null) controller.enqueue(encoder.encode(rewrite(data)));
      },
    }),
  );
}
