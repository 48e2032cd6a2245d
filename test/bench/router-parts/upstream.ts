// An instant node for the router's bench: 20 chunks, or one answer. Prints its port.
import { createServer } from "node:http";

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const stream = [
  chunk({ role: "assistant" }),
  ...Array.from({ length: 20 }, (_, i) => chunk({ content: `word${i} ` })),
  chunk({}, "stop"),
  "data: [DONE]\n\n",
].join("");
const whole = JSON.stringify({
  id: "x",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

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
    response.end(streamed ? stream : whole);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) console.log(address.port);
});
