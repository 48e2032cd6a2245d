// A server on loopback that streams 1,000 tokens as a model would: by the clock with `?pace=MS`, else as fast as it
// can, one write a token. Prints its port. Run by `client.ts`.
import { createServer } from "node:http";

const TOKENS = 1000;
const event = (delta: object, finish: string | null): string => {
  const choices = [{ index: 0, delta, finish_reason: finish, logprobs: null }];
  const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m" };
  return `data: ${JSON.stringify({ ...chunk, choices })}\n\n`;
};

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const pace = Number(new URL(request.url ?? "/", "http://x").searchParams.get("pace") ?? 0);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const startedMs = performance.now();
    let sent = 0;
    const step = (): void => {
      const due = pace === 0 ? TOKENS : Math.min(TOKENS, (performance.now() - startedMs) / pace);
      for (; sent < due; sent++) response.write(event({ content: ` word${sent}` }, null));
      if (sent < TOKENS) setTimeout(step, pace);
      else response.end(`${event({}, "stop")}data: [DONE]\n\n`);
    };
    step();
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" && address !== null ? address.port : 0);
});
