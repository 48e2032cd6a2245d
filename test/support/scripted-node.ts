import { createServer, type Server, type Socket } from "node:net";
import { type AnswerSource, deltaAt, startOf } from "./answer-source.ts";
import type { Fault, Manner } from "./fault.ts";
import { parseRequest, type SeenRequest } from "./http-request.ts";

export type { SeenRequest } from "./http-request.ts";

/** A node that answers from a source and breaks as it is told: raw sockets, so that any byte can be sent. */
export interface ScriptedNode {
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** Open connections that the other side has not closed. */
  readonly open: () => number;
  close(): Promise<void>;
}

interface Script {
  readonly source: AnswerSource | ((request: SeenRequest) => AnswerSource);
  readonly fault: (request: SeenRequest) => Fault;
  readonly manner: (request: SeenRequest) => Manner;
}

/** Starts a node on loopback. Each request draws its fault and manner anew. */
export async function startScriptedNode(script: Script): Promise<ScriptedNode> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: false }, (socket) => {
    sockets.add(socket);
    let raw = Buffer.alloc(0);
    let current: SeenRequest | null = null;
    let finished = true;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (current !== null && !finished) current.aborted = true;
    });
    socket.on("data", (chunk: Buffer) => {
      raw = Buffer.concat([raw, chunk]);
      const request = parseRequest(raw);
      if (request === null) return;
      raw = Buffer.alloc(0);
      requests.push(request);
      current = request;
      finished = false;
      void answer(socket, request, script).then(() => {
        finished = true;
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const head = (status: number, type: string, more = ""): string =>
  `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\nconnection: close\r\n${more}\r\n`;

/** Writes the answer; resolves when all that was meant to be sent is sent. */
async function answer(socket: Socket, request: SeenRequest, script: Script): Promise<void> {
  const fault = script.fault(request);
  const source = typeof script.source === "function" ? script.source(request) : script.source;
  const start = startOf(source, request.body);
  const json = (status: number, value: unknown, more = ""): void => {
    const text = JSON.stringify(value);
    const length = `content-length: ${Buffer.byteLength(text)}\r\n${more}`;
    socket.end(head(status, "application/json", length) + text);
  };
  switch (fault.kind) {
    case "refuse-connection":
    case "reset-on-request":
      return void socket.resetAndDestroy();
    case "silence":
      return new Promise(() => undefined);
    case "status": {
      const more = fault.retryAfter === undefined ? "" : `retry-after: ${fault.retryAfter}\r\n`;
      const inner = { error: { message: "secret inner text", type: "x", code: "y" } };
      return json(fault.status, inner, more);
    }
    case "garbage-200":
      return void socket.end(
        `${head(200, "text/html", "content-length: 21\r\n")}<html>welcome</html>\n`,
      );
    case "error-in-200":
      return json(200, { error: { message: "secret inner text" } });
    case "bad-http":
      return void socket.end("THIS IS NO HTTP\r\n\r\n");
    default:
  }
  if (start < 0) return json(400, { error: { message: "not a prefix of the answer" } });
  if (request.body["stream"] !== true) return wholeAnswer(socket, fault, source, start);
  const manner = script.manner(request);
  await streamAnswer(socket, fault, source, start, manner);
}

function wholeAnswer(socket: Socket, fault: Fault, source: AnswerSource, start: number): void {
  const text = JSON.stringify({
    id: "x",
    object: "chat.completion",
    created: 1,
    model: "scripted",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: source.answer.slice(Math.max(0, start - source.thought.length)).join(""),
          reasoning_content: source.thought.slice(start).join(""),
        },
        finish_reason: fault.kind === "clean-end-without-finish" ? null : "stop",
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: source.answer.length, total_tokens: 3 },
  });
  const bytes = Buffer.from(text);
  const broken = fault.kind !== "none" && fault.kind !== "clean-end-without-finish";
  socket.write(head(200, "application/json", `content-length: ${bytes.length}\r\n`));
  if (!broken) return void socket.end(bytes);
  socket.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => socket.resetAndDestroy());
}

async function streamAnswer(
  socket: Socket,
  fault: Fault,
  source: AnswerSource,
  start: number,
  manner: Manner,
): Promise<void> {
  socket.write(head(200, "text/event-stream", "transfer-encoding: chunked\r\n"));
  const { lineEnd } = manner;
  const event = (data: string): Buffer => Buffer.from(`data: ${data}${lineEnd}${lineEnd}`);
  const chunk = (delta: unknown, finish: string | null = null): Buffer =>
    event(
      JSON.stringify({
        id: "x",
        object: "chat.completion.chunk",
        created: 1,
        model: "scripted",
        choices: [{ index: 0, delta, finish_reason: finish }],
      }),
    );
  const send = (bytes: Uint8Array): Promise<void> => write(socket, bytes, manner.writeBytes);
  const total = source.thought.length + source.answer.length;
  const at = "at" in fault ? Math.min(total - 1, Math.max(start, fault.at)) : -1;
  if (fault.kind === "silence-after-headers") return new Promise(() => undefined);
  if (fault.kind === "empty-stream") return void socket.end("0\r\n\r\n");
  if (fault.kind === "error-event-first") {
    await send(event(JSON.stringify({ error: { message: "secret inner text" } })));
    return void socket.end("0\r\n\r\n");
  }
  await send(chunk({ role: "assistant", content: "" }));
  if (fault.kind === "role-then-end") return void socket.end("0\r\n\r\n");
  for (let i = start; i < total; i++) {
    if (manner.comments && i % 3 === 0) await send(Buffer.from(`: alive${lineEnd}${lineEnd}`));
    const bytes = chunk(deltaAt(source, i));
    if (i === at) return breakAt(socket, fault, bytes, send, event);
    await send(bytes);
  }
  await send(chunk({}, "stop"));
  if (fault.kind !== "finish-without-done") {
    const done = manner.noLastNewline ? Buffer.from("data: [DONE]") : event("[DONE]");
    await send(done);
    if (manner.afterDone && !manner.noLastNewline) await send(chunk({ content: "too late" }));
  }
  socket.end("0\r\n\r\n");
}

async function breakAt(
  socket: Socket,
  fault: Fault,
  bytes: Buffer,
  send: (bytes: Uint8Array) => Promise<void>,
  event: (data: string) => Buffer,
): Promise<void> {
  const end = (): void => void socket.end("0\r\n\r\n");
  switch (fault.kind) {
    case "cut-between-events":
      return void socket.destroy();
    case "cut-inside-event":
      await send(bytes.subarray(0, Math.floor(bytes.length / 2)));
      return end();
    case "cut-inside-character": {
      const wide = bytes.findIndex((byte) => byte > 0x7f);
      await send(bytes.subarray(0, wide < 0 ? bytes.length - 6 : wide + 1));
      return end();
    }
    case "reset":
      return void socket.resetAndDestroy();
    case "clean-end-without-finish":
      return end();
    case "done-without-finish":
      await send(event("[DONE]"));
      return end();
    case "stall":
      return new Promise(() => undefined);
    case "error-event":
      await send(event(JSON.stringify({ error: { message: "secret inner text" } })));
      return end();
    case "malformed-event":
      await send(event('{"choices":[{"index":0,"delta":{"content":"br'));
      return end();
    case "html-inside":
      await send(event("<html>502</html>"));
      return end();
    case "bad-chunk-size":
      return void socket.end("ZZZ\r\n");
    default:
      return end();
  }
}

async function write(socket: Socket, bytes: Uint8Array, piece: number): Promise<void> {
  const size = piece === 0 ? bytes.length : piece;
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.write(`${part.length.toString(16)}\r\n`);
      socket.write(part);
      socket.write("\r\n", () => resolve());
    });
  }
}
