import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

const WORDS = ["héllo", " wörld", " 🙂"];
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*, authorization",
};

const chunk = (delta: object, finish: string | null = null): string => {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  const head = { id: "x", object: "chat.completion.chunk", created: 1, model: "m" };
  return `data: ${JSON.stringify({ ...head, choices })}\n\n`;
};

/** A server that the probe runs against: its model's name says how it behaves. */
export interface ProbeServer {
  readonly url: string;
  /** What a page reported, where one did. */
  readonly reported: Promise<string>;
  /** Serves this file of the bundle, or a page, by its path. */
  readonly files: Map<string, { readonly type: string; readonly text: string }>;
  close(): void;
}

export async function startProbeServer(): Promise<ProbeServer> {
  const files: ProbeServer["files"] = new Map();
  let report: (text: string) => void = () => undefined;
  const reported = new Promise<string>((resolve) => {
    report = resolve;
  });
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      const file = files.get(request.url ?? "");
      if (request.method === "OPTIONS") response.writeHead(204, CORS).end();
      else if (file !== undefined)
        response.writeHead(200, { "content-type": file.type }).end(file.text);
      else if (request.url === "/report") {
        response.writeHead(204).end();
        report(body);
      } else answer(request, response, body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    reported,
    files,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, text: string): void {
  const json = (status: number, value: unknown): void => {
    response.writeHead(status, { ...CORS, "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  const own = request.url?.startsWith("/own/") === true;
  if (request.url?.endsWith("/embeddings") === true) return json(200, { data: [] });
  if (request.url?.endsWith("/chat/completions") !== true) return json(404, {});
  const asked = JSON.parse(text) as {
    model: string;
    stream?: boolean;
    messages: { content: string }[];
  };
  const { model, stream, messages } = asked;
  if (model === "silent") return;
  if (model === "refused") return json(401, { error: { message: "no" } });
  if (model === "fails-once" && own) return json(500, {});
  const said = model === "json" ? '{"n":4}' : WORDS.join("");
  if (stream !== true) {
    const message = { role: "assistant", content: said, reasoning_content: "hm" };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    return json(200, { id: "x", object: "chat.completion", created: 1, model, choices });
  }
  response.writeHead(200, { ...CORS, "content-type": "text/event-stream" });
  // A continuation begins where the text so far ends.
  const before = model === "cut-once" && !own ? (messages.at(-1)?.content ?? "") : "";
  const pieces = WORDS.filter((_, i) => !before.includes(WORDS.slice(0, i + 1).join("")));
  const cut = model === "cut" || (model === "cut-once" && own);
  const events = [
    chunk({ role: "assistant", content: "" }),
    ...(before === "" ? [chunk({ reasoning_content: "hm" })] : []),
    ...(cut ? pieces.slice(0, 1) : pieces).map((content) => chunk({ content })),
    ...(cut ? [] : [chunk({}, "stop"), "data: [DONE]\n\n"]),
  ];
  // In writes of their own, and one event in two, so that characters are cut as a network cuts them.
  const bytes = Buffer.from(events.join(""));
  const write = (at: number): void => {
    if (at >= bytes.length) response.end();
    else response.write(bytes.subarray(at, at + 97), () => setImmediate(write, at + 97));
  };
  write(0);
}
