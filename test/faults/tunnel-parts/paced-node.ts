import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AnswerSource, answerSource, deltaAt, startOf } from "../../support/answer-source.ts";

/** A server like ours that answers one token after another, so that there is time for things to break. */
export interface PacedNode {
  readonly baseUrl: string;
  /** Answers that are being given now. */
  readonly running: () => number;
  close(): Promise<void>;
}

/** The text of a request, by the seed in its field `user`. */
export const sourceOf = (seed: number): AnswerSource => answerSource(8 + (seed % 13));

const REPORT = {
  schemaVersion: 1,
  node: {
    engine: "node-llama-cpp",
    models: [{ id: "scripted", aliases: [], contextTokens: 8192 }],
    slots: 1000,
    capabilities: {
      tools: true,
      jsonSchema: true,
      vision: false,
      embeddings: false,
      logprobs: false,
      continuation: true,
      apis: ["chat"],
    },
  },
  state: { status: "serveable", inFlight: 0, queued: 0 },
  performance: [],
};

/** Starts one. `onToken` is told of each token that is sent, at any of them. */
export async function startPacedNode(everyMs: number, onToken: () => void): Promise<PacedNode> {
  let running = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === "GET") {
      response.setHeader("content-type", "application/json");
      return void response.end(JSON.stringify(REPORT));
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as Record<string, unknown>;
    const source = sourceOf(Number(body["user"] ?? 0));
    const total = source.thought.length + source.answer.length;
    let at = startOf(source, body);
    if (at < 0) return void response.writeHead(400).end("{}");
    const event = (delta: unknown, finish: string | null = null): string => {
      const choices = [{ index: 0, delta, finish_reason: finish }];
      const chunk = { id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices };
      return `data: ${JSON.stringify(chunk)}\n\n`;
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    running += 1;
    const timer = setInterval(() => {
      if (at < total) {
        response.write(event(deltaAt(source, at++)));
        return onToken();
      }
      clearInterval(timer);
      response.end(`${event({}, "stop")}data: [DONE]\n\n`);
      return undefined;
    }, everyMs);
    response.once("close", () => {
      running -= 1;
      clearInterval(timer);
    });
    return undefined;
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", 4096, resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    running: () => running,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
