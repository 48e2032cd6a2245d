// A route of Next.js (app/api/chat/route.ts): the browser's chat, answered by your own nodes, a cloud where they
// cannot. Keys stay here; the browser gets OpenAI's stream, and `x-qwq-node` says who answered.
import { createClient } from "@qwq-fit/client";

const ai = createClient({
  model: "qwq-32b",
  policy: { objective: "prefer-local", limits: { timeToFirstTokenMs: 4000 } },
  mode: "continue",
  targets: [
    {
      name: "office",
      baseUrl: process.env["NODE_URL"] ?? "http://127.0.0.1:8080/v1",
      apiKey: () => process.env["NODE_KEY"] ?? "-",
      privacy: "own-network",
      slots: 4,
    },
  ],
  ...(process.env["CLOUD_URL"] === undefined
    ? {}
    : { cloud: { baseURL: process.env["CLOUD_URL"], apiKey: process.env["CLOUD_KEY"] ?? "" } }),
});

/** Most of a conversation that is taken, characters. */
const MOST = 50_000;

export async function POST(request: Request): Promise<Response> {
  const text = await request.text();
  if (text.length > MOST) return Response.json({ error: "too long" }, { status: 413 });
  // Only what this route means to offer: no tools, no other model, no longer answers.
  const { messages } = JSON.parse(text) as { messages: unknown };
  return ai.fetch(`${ai.baseURL}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages, stream: true, max_tokens: 2048 }),
    // A closed tab ends the answer at the node as well.
    signal: request.signal,
  });
}
