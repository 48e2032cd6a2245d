import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFrameDecoder, jsonOf } from "../frames/decoder.ts";
import { encodeFrame, encodeJsonFrame, FRAME, type Frame } from "../frames/frame.ts";
import { createHttpNode, type HttpNode } from "../node/http-node.ts";
import { type AgentSession, createAgentSession } from "./session.ts";

/** What the server beside the agent has seen, and one that nobody may reach through it. */
let seen: IncomingMessage[] = [];
let inner = 0;
let servers: Server[] = [];
let node: HttpNode;

const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};
beforeEach(async () => {
  seen = [];
  inner = 0;
  servers = [];
  const secret = await listen(
    createServer((_, response) => {
      inner += 1;
      response.end("secret");
    }),
  );
  const port = await listen(
    createServer((request, response) => {
      seen.push(request);
      response.writeHead(request.headers["x-request-id"] === "redirect" ? 302 : 200, {
        location: `http://127.0.0.1:${secret}/`,
        "set-cookie": "a=b",
        "x-powered-by": "us",
        "content-type": "text/plain",
      });
      response.end("hello");
    }),
  );
  node = createHttpNode({ baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: "local-key" });
});
afterEach(async () => {
  node.close();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  }
});

/** One request of a router, whatever it says; the frames of its answer. */
async function ask(request: object): Promise<{ status: unknown; frames: Frame[]; text: string }> {
  const decoder = createFrameDecoder();
  const frames: Frame[] = [];
  const session: { end: AgentSession | null } = { end: null };
  await new Promise<void>((resolve) => {
    const end = createAgentSession({
      send: (message) => {
        frames.push(...decoder.push(message));
        if (frames.some(({ type }) => type === FRAME.end || type === FRAME.error)) resolve();
      },
      close: () => resolve(),
      timer: (ms, run) => {
        const made = setTimeout(run, ms);
        return () => clearTimeout(made);
      },
      soon: (run) => void setImmediate(run),
      local: node.local,
      limits: { streams: 4, bodyBytes: 1000 },
      onGoaway: () => undefined,
      onIdle: () => undefined,
    });
    session.end = end;
    end.receive(encodeJsonFrame(FRAME.request, 1, request));
    end.receive(encodeFrame(FRAME.requestEnd, 1));
  });
  session.end?.lost();
  const head = frames.find(({ type }) => type === FRAME.head);
  const body = frames.filter(({ type }) => type === FRAME.data).map(({ payload }) => payload);
  const status = head === undefined ? null : jsonOf(head)["status"];
  return { status, frames, text: Buffer.concat(body).toString("utf8") };
}

test.for([
  "/",
  "/management/stop",
  "/management/proof?nonce=1",
  "/metrics",
  "/v1/chat/completions?x=1",
  "/v1/chat/completions/",
  "/v1/chat/completions/../../management/stop",
  "/v1/%2e%2e/management/stop",
  "/v1/chat/completions\r\nx-evil: 1",
  "//127.0.0.1/v1/models",
  "http://169.254.169.254/latest/meta-data",
  "/V1/models",
  "/__proto__",
  "toString",
  "",
])("the path %j does not reach the server", async (path) => {
  for (const method of ["GET", "POST", "DELETE", "CONNECT"]) {
    expect((await ask({ method, path, headers: {} })).status).toBe(403);
  }
  expect(seen).toEqual([]);
});

test("nothing but the server is called, whatever headers and redirects say", async () => {
  const headers = {
    host: "169.254.169.254",
    "x-forwarded-host": "evil",
    "x-request-id": "redirect",
  };
  const answer = await ask({ method: "GET", path: "/v1/models", headers });
  expect([answer.status, inner]).toEqual([302, 0]);
  expect(seen[0]?.headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
  // Where to, stays here.
  expect(JSON.stringify(answer.frames.map((frame) => frame.payload.toString()))).not.toContain(
    "location",
  );
});

test("credentials go neither way; the server's own key stays here", async () => {
  const answer = await ask({
    method: "POST",
    path: "/v1/chat/completions",
    headers: {
      Authorization: "Bearer caller",
      cookie: "c",
      "x-api-key": "k",
      "proxy-authorization": "p",
      traceparent: "00-1",
      "transfer-encoding": "chunked",
      "content-length": "5",
    },
  });
  expect([answer.status, answer.text]).toEqual([200, "hello"]);
  const { headers } = seen[0] ?? {};
  expect(headers?.authorization).toBe("Bearer local-key");
  expect(Object.keys(headers ?? {}).toSorted()).toEqual([
    "authorization",
    "connection",
    "content-length",
    "host",
    "traceparent",
  ]);
  const [head] = answer.frames.filter(({ type }) => type === FRAME.head);
  expect(head === undefined ? null : jsonOf(head)["headers"]).toEqual({
    "content-type": "text/plain",
  });
});
