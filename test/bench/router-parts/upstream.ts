// An instant node for the router's bench: 22 events, or one answer. `"user":"paced"` has each event written by itself.
// Prints its port.
import { createServer, type ServerResponse } from "node:http";

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const events = [
  chunk({ role: "assistant" }),
  ...Array.from({ length: 20 }, (_, i) => chunk({ content: `word${i} ` })),
  chunk({}, "stop"),
  "data: [DONE]\n\n",
];
const stream = events.join("");
const whole = JSON.stringify({
  id: "x",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

function pace(response: ServerResponse, at = 0): void {
  if (at === events.length) {
    response.end();
    return;
  }
  response.write(events[at]);
  setImmediate(() => pace(response, at + 1));
}

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data: Buffer) => {
    body += data.toString();
  });
  request.on("end", () => {
    const streamed = body.includes('"stream":true');
    response.writeHead(200, {
      "content-type": streamed ? "text/event-stream" : "application/json",
    });
    if (streamed && body.includes('"paced"')) pace(response);
    else response.end(streamed ? stream : whole);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(address.port);
});
