import { createSseDecoder } from "@qwq-fit/wire";
import { describe, expect, test } from "vitest";
import { askRouter, routerOver, type Script } from "../support/router-over.ts";

const encoder = new TextEncoder();
const event = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** How engines send the thought "Hm, so." before the answer "Yes.", in deltas and whole. */
const NODES = {
  reasoning_content: [
    { reasoning_content: "Hm, " },
    { reasoning_content: "so." },
    { content: "Yes." },
  ],
  reasoning: [{ reasoning: "Hm, " }, { reasoning: "so." }, { content: "Yes." }],
  "raw tags split over chunks": ["<th", "ink>\nHm", ", so.", "\n</thi", "nk>\n\nYes", "."].map(
    (content) => ({ content }),
  ),
  "no opening tag": ["Hm, ", "so.\n</", "think>\n", "\nYes."].map((content) => ({ content })),
} as const;

const scriptOf =
  (deltas: readonly object[]): Script =>
  ({ stream }) => {
    if (stream === true) {
      const events = [{ role: "assistant" }, ...deltas].map((delta) => event(delta));
      const text = [...events, event({}, "stop"), "data: [DONE]\n\n"];
      return { type: "text/event-stream", chunks: text.map((one) => encoder.encode(one)) };
    }
    const message: Record<string, string> = { role: "assistant" };
    for (const delta of deltas) {
      for (const [name, text] of Object.entries(delta))
        message[name] = (message[name] ?? "") + text;
    }
    const choices = [{ index: 0, message: { content: null, ...message }, finish_reason: "stop" }];
    const whole = JSON.stringify({ id: "x", object: "chat.completion", choices });
    return { type: "application/json", chunks: [encoder.encode(whole)] };
  };

/** What each API's events say, joined: the thought and the answer. */
function read(api: string, text: string): { thought: string; answer: string } {
  const told = { thought: "", answer: "" };
  for (const { data } of createSseDecoder().push(encoder.encode(text))) {
    if (data === null || data === "[DONE]") continue;
    const value: unknown = JSON.parse(data);
    const at = (...path: (string | number)[]): string => {
      let here: unknown = value;
      for (const key of path) here = Reflect.get(Object(here), key);
      return typeof here === "string" ? here : "";
    };
    if (api === "/v1/chat/completions") {
      const thought = at("choices", 0, "delta", "reasoning_content");
      // Under both names alike, or it counts as wrong.
      told.thought += at("choices", 0, "delta", "reasoning") === thought ? thought : "?";
      told.answer += at("choices", 0, "delta", "content");
    } else if (api === "/v1/responses") {
      if (at("type") === "response.output_text.delta") told.answer += at("delta");
      if (at("type") === "response.reasoning_text.delta") told.thought += at("delta");
    } else {
      told.thought += at("delta", "thinking");
      told.answer += at("delta", "text");
    }
  }
  return told;
}

const APIS = {
  "/v1/chat/completions": { messages: [{ role: "user", content: "hi" }] },
  "/v1/responses": { input: "hi" },
  "/v1/messages": { max_tokens: 100, messages: [{ role: "user", content: "hi" }] },
} as const;

describe.for(Object.entries(NODES))("a node that sends %s", ([kind, deltas]) => {
  const wish = kind === "no opening tag" ? "thought-first" : "normalized";

  test.for(Object.entries(APIS))("asked for by %s", async ([api, body]) => {
    const router = routerOver(scriptOf(deltas));
    const headers = { "x-qwq-reasoning": wish };
    const text = await askRouter(router, api, { ...body, stream: true }, headers);
    const told = read(api, text);
    expect({ thought: told.thought.trim(), answer: told.answer }).toEqual({
      thought: "Hm, so.",
      answer: "Yes.",
    });
    const whole = await askRouter(router, api, body, headers);
    expect(whole).toContain('"Yes."');
    expect(whole).toMatch(/"Hm, so\.(\\n)?"/);
    expect(whole).not.toContain("think>");
  });

  test("not asked for, the bytes are the node's own", async () => {
    const script = scriptOf(deltas);
    const body = { ...APIS["/v1/chat/completions"], stream: true };
    const sent = script({ stream: true }).chunks.map((one) => new TextDecoder().decode(one));
    expect(await askRouter(routerOver(script), "/v1/chat/completions", body)).toBe(sent.join(""));
  });
});

test("the configuration may ask for all", async () => {
  const router = routerOver(scriptOf(NODES["raw tags split over chunks"]), {
    normalizeReasoning: true,
  });
  const body = { ...APIS["/v1/chat/completions"], stream: true };
  const told = read("/v1/chat/completions", await askRouter(router, "/v1/chat/completions", body));
  expect(told.answer).toBe("Yes.");
});
