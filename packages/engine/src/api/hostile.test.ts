import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { serveApi } from "./testing/serve-api.ts";

const message = { role: "user", content: "hi" };
/** A good body of each API, one field of which is replaced by anything. */
const BODIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "/v1/chat/completions": { messages: [message], max_tokens: 2 },
  "/v1/completions": { prompt: "x", max_tokens: 2 },
  "/v1/embeddings": { input: "x" },
  "/v1/responses": { input: "x", max_output_tokens: 2 },
  "/v1/messages": { messages: [message], max_tokens: 2 },
  "/v1/messages/count_tokens": { messages: [message] },
};
const FIELDS = [
  "messages",
  "prompt",
  "input",
  "tools",
  "tool_choice",
  "response_format",
  "text",
  "stop",
  "stop_sequences",
  "reasoning",
  "reasoning_effort",
  "thinking",
  "thinking_budget",
  "stream",
  "stream_options",
  "logit_bias",
  "n",
  "seed",
  "system",
  "instructions",
  "chat_template_kwargs",
  "continue_final_message",
  "output_config",
  "metadata",
];

test("whatever a body holds, the fault is never ours, and the server goes on", async () => {
  const api = await serveApi(() =>
    Promise.resolve(createScriptedEngine({ thoughts: 1, words: 1 })),
  );
  const bodies = fc.tuple(
    fc.constantFrom(...Object.keys(BODIES)),
    fc.constantFrom(...FIELDS),
    fc.oneof(
      fc.jsonValue(),
      fc.record({ type: fc.constantFrom("function", "json_schema", "enabled"), x: fc.jsonValue() }),
      fc.array(
        fc.record(
          {
            role: fc.constantFrom("user", "assistant", "tool", "system"),
            type: fc.constantFrom("message", "text", "function_call", "tool_use"),
            content: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(bodies, async ([path, field, value]) => {
      const response = await api.post(path, { ...BODIES[path], [field]: value });
      const text = await response.text();
      expect(response.status < 500, `${path} ${field} ${response.status} ${text}`).toBe(true);
      expect(text).not.toContain('"internal"');
    }),
    { numRuns: 600 },
  );
  const response = await api.post("/v1/chat/completions", BODIES["/v1/chat/completions"]);
  expect(response.status).toBe(200);
});
