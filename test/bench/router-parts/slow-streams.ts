import { createServer } from "node:http";
import { readConfig } from "@qwq-fit/router";
import { type RunningRouter, serveRouter } from "@qwq-fit/router/node";

/** A router on Node before a node that sends `chunks` events, `everyMs` apart. */
export interface SlowBench {
  readonly router: RunningRouter;
  /** Streams that run at the node now, and the most that ran at once. */
  readonly atNode: { now: number; most: number };
  close(): Promise<void>;
}

const event = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** Starts both on loopback. */
export async function startSlowBench(chunks: number, everyMs: number): Promise<SlowBench> {
  const atNode = { now: 0, most: 0 };
  const node = createServer((request, response) => {
    request.resume();
    atNode.now++;
    atNode.most = Math.max(atNode.most, atNode.now);
    response.writeHead(200, { "content-type": "text/event-stream" });
    let sent = 0;
    const end = (): void => {
      clearInterval(timer);
    };
    const timer = setInterval(() => {
      if (sent++ < chunks) response.write(event({ content: `w${sent} ` }));
      else response.end(`${event({}, "stop")}data: [DONE]\n\n`);
      if (sent > chunks) end();
    }, everyMs);
    response.on("close", () => {
      atNode.now--;
      end();
    });
  });
  await new Promise<void>((resolve) => void node.listen(0, "127.0.0.1", 4096, resolve));
  const address = node.address();
  const port = typeof address === "object" ? address?.port : 0;
  const router = await serveRouter({
    config: readConfig({
      insecureDev: true,
      nodes: [{ name: "slow", url: `http://127.0.0.1:${port}/v1`, slots: 10_000 }],
    }),
    host: "127.0.0.1",
    port: 0,
    environment: {},
    log: () => undefined,
  });
  return {
    router,
    atNode,
    close: async () => {
      await router.close(0);
      node.closeAllConnections();
      node.close();
    },
  };
}

/** One stream; whether it came whole. */
export async function readStream(url: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content: "hi" }] }),
  });
  return response.status === 200 && (await response.text()).includes("data: [DONE]");
}
