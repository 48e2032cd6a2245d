import { createServer } from "node:http";

/** A node that speaks chat completions: it calls the first tool that it is given, else it talks. */
export interface TalkingNode {
  readonly url: string;
  close(): void;
}

type Body = Readonly<Record<string, unknown>>;

const ARGUMENTS = JSON.stringify({ location: "San Francisco, CA" });

function messageFor(body: Body): Body {
  const tools: unknown = body["tools"];
  const [tool]: unknown[] = Array.isArray(tools) ? tools : [];
  const reasoning_content = "The user greets; a greeting is due.";
  if (tool === undefined)
    return { role: "assistant", content: "Hello there, friend.", reasoning_content };
  const name: unknown = Reflect.get(Object(Reflect.get(Object(tool), "function")), "name");
  const call = { id: "call_1", type: "function", function: { name, arguments: ARGUMENTS } };
  return { role: "assistant", content: null, reasoning_content, tool_calls: [call] };
}

const USAGE = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 };

/** The answer as the events of a stream: a word or two characters of arguments an event. */
function eventsFor(message: Body, model: unknown): string {
  const { content, reasoning_content: thought, tool_calls: calls } = message;
  const finish = calls === undefined ? "stop" : "tool_calls";
  const event = (delta: Body, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const pieces = (text: unknown): string[] => String(text).match(/\S+\s*/g) ?? [];
  return [
    event({ role: "assistant" }),
    ...pieces(thought).map((piece) => event({ reasoning_content: piece })),
    ...(calls === undefined
      ? pieces(content).map((piece) => event({ content: piece }))
      : [event({ tool_calls: [{ index: 0, ...Object((calls as unknown[])[0]) }] })]),
    event({}, finish),
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model, choices: [], usage: USAGE })}\n\n`,
    "data: [DONE]\n\n",
  ].join("");
}

/** Starts the node on loopback. */
export async function startTalkingNode(): Promise<TalkingNode> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (data: Buffer) => (text += data.toString()));
    request.on("end", () => {
      const body: Body = JSON.parse(text || "{}");
      const message = messageFor(body);
      const { model } = body;
      if (body["stream"] === true) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end(eventsFor(message, model));
        return;
      }
      const finish_reason = "tool_calls" in message ? "tool_calls" : "stop";
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          id: "x",
          object: "chat.completion",
          created: 1,
          model,
          choices: [{ index: 0, message, finish_reason }],
          usage: USAGE,
        }),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
