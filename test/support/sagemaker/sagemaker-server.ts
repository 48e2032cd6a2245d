import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type AnswerSource, startOf } from "../answer-source.ts";
import type { ContainerKind } from "./container-bodies.ts";
import { type RefusalForms, refusalOf } from "./sagemaker-errors.ts";
import type { SageMakerFault } from "./sagemaker-fault.ts";
import { type KnownKey, verifyBearer, verifyHeader } from "./sigv4.ts";
import { sendAnswer } from "./send-answer.ts";

/** How an answer is cut up on its way; none of it is a fault. 0: in one piece. */
export interface Cuts {
  /** Bytes of a payload part, across the container's events and characters. */
  readonly partBytes: number;
  /** Bytes of a write, across frames. */
  readonly writeBytes: number;
  readonly lineEnd: string;
}

/** A request that passed all checks. */
export interface SageMakerSeen {
  readonly route: "openai" | "invoke" | "stream";
  readonly endpoint: string;
  readonly component: string | null;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
  /** The caller left before the answer had ended. */
  aborted: boolean;
}

export interface SageMakerScript {
  readonly keys: readonly KnownKey[] | (() => readonly KnownKey[]);
  readonly region?: string;
  readonly now?: () => number;
  readonly container: ContainerKind | ((request: SageMakerSeen) => ContainerKind);
  readonly source: AnswerSource | ((request: SageMakerSeen) => AnswerSource);
  readonly fault: (request: SageMakerSeen) => SageMakerFault;
  readonly cuts?: (request: SageMakerSeen) => Cuts;
}

/** SageMaker's runtime on loopback: checks who asks and how, then answers as the script says. */
export interface SageMakerServer {
  readonly url: string;
  readonly requests: readonly SageMakerSeen[];
  /** What was refused for its form or its signature, and why: empty after a test, but for tests of refusals. */
  readonly refused: readonly string[];
  /** Resolves when a request was aborted by its caller. */
  readonly nextAbort: () => Promise<void>;
  close(): Promise<void>;
}

const BODY_BYTES = 6_291_456;
const WHOLE: Cuts = { partBytes: 0, writeBytes: 0, lineEnd: "\n" };

/** Starts the server. */
export async function startSageMaker(script: SageMakerScript): Promise<SageMakerServer> {
  const requests: SageMakerSeen[] = [];
  const refused: string[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const sessions = new Set<string>();
  const server = createServer((request, response) => {
    void receive(request).then(async (body) => {
      const judged = judge(request, body, script, sessions);
      if ("refusal" in judged) {
        refused.push(judged.why);
        tell(response, judged.refusal, judged.openAi);
        return;
      }
      const seen = judged.seen;
      requests.push(seen);
      response.on("close", () => {
        if (response.writableFinished) return;
        seen.aborted = true;
        for (const resolve of waiting.splice(0)) resolve();
      });
      await answer(request, response, seen, script, sessions);
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    refused,
    nextAbort: () => new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

async function receive(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

type Judged =
  | { readonly seen: SageMakerSeen }
  | { readonly refusal: RefusalForms; readonly openAi: boolean; readonly why: string };

const COMPONENT = "x-amzn-sagemaker-inference-component";

/** Checks the path, the signature and the form of a request. */
function judge(
  request: IncomingMessage,
  body: Buffer,
  script: SageMakerScript,
  sessions: ReadonlySet<string>,
): Judged {
  const { url: target = "", method = "", headers } = request;
  const region = script.region ?? "us-east-1";
  const now = script.now?.() ?? Date.now();
  const keys = typeof script.keys === "function" ? script.keys() : script.keys;
  const path =
    /^\/endpoints\/([^/]+)(?:\/inference-components\/([^/]+))?\/(openai\/v1\/chat\/completions|invocations|invocations-response-stream)$/.exec(
      target,
    );
  const openAi = path?.[3]?.startsWith("openai") === true;
  const no = (status: number, type: string, why: string): Judged => ({
    refusal: { status, type, body: { Message: why }, openAiStatus: status, message: why },
    openAi,
    why,
  });
  if (path === null || method !== "POST")
    return no(404, "UnknownOperationException", `no ${method} ${target}`);
  const authorization = headers.authorization ?? "";
  const verdict = openAi
    ? authorization.startsWith("Bearer ")
      ? verifyBearer(authorization.slice(7), keys, region, now)
      : ({
          ok: false,
          code: "AccessDeniedException",
          why: "this route takes bearer tokens alone",
        } as const)
    : verifyHeader({ method, target, headers, body }, keys, region, now);
  if (!verdict.ok) return no(403, verdict.code, verdict.why);
  if (openAi && headers[COMPONENT] !== undefined)
    return no(400, "ValidationError", "the component goes in the path");
  if (!openAi && path[2] !== undefined)
    return no(404, "UnknownOperationException", "the component goes in a header");
  if (body.length > BODY_BYTES) return no(413, "ValidationError", "the body is too large");
  if (headers["content-type"] !== "application/json")
    return no(415, "ValidationError", "content type");
  const route = openAi ? "openai" : path[3] === "invocations" ? "invoke" : "stream";
  const session = headers["x-amzn-sagemaker-session-id"];
  if (session === "NEW_SESSION" && route !== "invoke")
    return no(400, "ValidationError", "NEW_SESSION in a stream");
  if (typeof session === "string" && session !== "NEW_SESSION" && !sessions.has(session)) {
    return no(400, "ValidationError", "unknown session");
  }
  const attributes = headers["x-amzn-sagemaker-custom-attributes"];
  if (typeof attributes === "string" && attributes.length > 1024)
    return no(400, "ValidationError", "attributes");
  const component = openAi ? path[2] : headers[COMPONENT];
  return {
    seen: {
      route,
      endpoint: decodeURIComponent(path[1] ?? ""),
      component: typeof component === "string" ? decodeURIComponent(component) : null,
      headers,
      body: JSON.parse(body.toString()) as SageMakerSeen["body"],
      aborted: false,
    },
  };
}

/** A refusal in the route's form. */
function tell(response: ServerResponse, refusal: RefusalForms, openAi: boolean): void {
  const { status, type, body, openAiStatus, message } = refusal;
  const wrapped = type === "ModelError";
  const envelope = {
    error: {
      message,
      type: wrapped ? "server_error" : "invalid_request_error",
      code: wrapped ? "model_error" : status === 400 ? "validation_error" : type,
    },
  };
  response.writeHead(openAi ? openAiStatus : status, {
    "content-type": "application/json",
    "x-amzn-requestid": "00000000-0000-0000-0000-000000000000",
    ...(openAi ? {} : { "x-amzn-errortype": type }),
  });
  response.end(JSON.stringify(openAi ? envelope : body));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  seen: SageMakerSeen,
  script: SageMakerScript,
  sessions: Set<string>,
): Promise<void> {
  const { route, endpoint, body } = seen;
  if (route === "invoke" && body["requestType"] === "NEW_SESSION") {
    const id = `session-${sessions.size}`;
    sessions.add(id);
    const expires = new Date(Date.now() + 3600_000).toISOString();
    response.writeHead(200, {
      "content-type": "application/json",
      "x-amzn-sagemaker-new-session-id": `${id}; Expires=${expires}`,
    });
    response.end("{}");
    return;
  }
  const fault = script.fault(seen);
  const refusal = refusalOf(fault, endpoint);
  if (refusal !== null) return tell(response, refusal, route === "openai");
  if (fault.kind === "reset-on-request") return void request.socket.resetAndDestroy();
  if (fault.kind === "silence") return;
  const kind = typeof script.container === "function" ? script.container(seen) : script.container;
  const source = typeof script.source === "function" ? script.source(seen) : script.source;
  const start = startOf(source, body);
  if (start < 0) {
    return tell(
      response,
      refusalOf({ kind: "model-error", status: 400 }, endpoint) as RefusalForms,
      route === "openai",
    );
  }
  await sendAnswer(response, seen, {
    kind,
    source,
    start,
    fault,
    cuts: script.cuts?.(seen) ?? WHOLE,
  });
}
