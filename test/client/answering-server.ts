import { once } from "node:events";
import { createServer } from "node:http";
import { createClient, type Client, type ClientOptions } from "@qwq-fit/client";
import { onTestFinished } from "vitest";

export type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

/** What a server was asked. */
export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A server that gives these answers one after the other, the last one again; and what it was asked. */
export async function answeringServer(
  ...answers: readonly Answer[]
): Promise<{ readonly baseUrl: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const at = Math.min(asked.length, answers.length - 1);
      const [status, body, headers = {}] = answers[at] ?? [500, {}];
      const { url = "", headers: given } = request;
      asked.push({ path: url, headers: given, body: JSON.parse(text) as Asked["body"] });
      const streamed = typeof body === "string";
      const type = streamed ? "text/event-stream" : "application/json";
      response.writeHead(status, { "content-type": type, ...headers });
      response.end(streamed ? body : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, asked };
}

/** A client with that one server as its target. */
export async function clientOf(
  answers: readonly Answer[],
  options: Partial<ClientOptions> = {},
  target: object = {},
): Promise<{ ai: Client; asked: Asked[] }> {
  const { baseUrl, asked } = await answeringServer(...answers);
  const own = { name: "own", baseUrl, privacy: "own-network" as const, ...target };
  return { ai: createClient({ model: "m", targets: [own], ...options }), asked };
}

/** A whole answer with this text. */
export const saying = (content: string, message: object = {}): Answer => [
  200,
  {
    id: "x",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [
      { index: 0, message: { role: "assistant", content, ...message }, finish_reason: "stop" },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  },
];

/** A streamed answer of these deltas. */
export function streaming(
  deltas: readonly object[],
  finish = "stop",
  end = "data: [DONE]\n\n",
): Answer {
  const chunk = (delta: object, reason: string | null): string =>
    `data: ${JSON.stringify({
      id: "x",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: reason }],
    })}\n\n`;
  return [200, [...deltas.map((delta) => chunk(delta, null)), chunk({}, finish), end].join("")];
}
