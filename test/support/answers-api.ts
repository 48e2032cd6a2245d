import { createServer, type IncomingHttpHeaders } from "node:http";
import { hashSecret, readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { type RunningWorker, startWorkerd } from "@qwq-fit/router-worker/workerd";
import type { AnswerSource } from "./answer-source.ts";
import type { Fault } from "./fault.ts";
import { type ScriptedNode, startScriptedNode } from "./scripted-node.ts";

export type Runtime = "node" | "workerd";

/** A router with two callers, "one" and "two", over a node that is told by `user` how to behave. */
export interface AnswersApi {
  readonly node: ScriptedNode;
  readonly hookUrl: string;
  /** What the webhook was told. */
  readonly hooks: readonly { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** The Worker's means; null on Node. */
  readonly worker: RunningWorker | null;
  /** Asks for a streamed answer, but for what `more` says. */
  ask(
    caller: string,
    more: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response>;
  get(caller: string, path: string, init?: RequestInit): Promise<Response>;
  /** An answer's resource. */
  read(caller: string, id: string): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

const SECRETS = { QWQ_PEPPER: "pepper", QWQ_WEBHOOK_SECRET: "a webhook secret of tests" };
const secretOf = (caller: string): string => caller.padEnd(40, "A");

async function startHook(hooks: { headers: IncomingHttpHeaders; body: string }[]) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      hooks.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.end("taken");
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return { host: `127.0.0.1:${port}`, server };
}

/** Starts the router in a runtime, its node and a webhook's receiver, all on loopback. */
export async function answersApi(runtime: Runtime, source: AnswerSource): Promise<AnswersApi> {
  const hooks: { headers: IncomingHttpHeaders; body: string }[] = [];
  const hook = await startHook(hooks);
  let refusing = true;
  const faultOf = (user: unknown): Fault => {
    if (user === "stall") return { kind: "stall", at: 6 };
    if (user !== "refused-once" || !refusing) return { kind: "none" };
    refusing = false;
    return { kind: "status", status: 400 };
  };
  const manner = { lineEnd: "\n", comments: true, noLastNewline: false, afterDone: false } as const;
  const node = await startScriptedNode({
    source,
    fault: (request) => faultOf(request.body["user"]),
    manner: () => ({ ...manner, writeBytes: 50 }),
  });
  const config = {
    keys: await Promise.all(
      ["one", "two"].map(async (caller) => ({
        id: `caller${caller}`,
        hashes: [await hashSecret(SECRETS.QWQ_PEPPER, secretOf(caller))],
      })),
    ),
    answers: { webhooks: { trustedHosts: [hook.host] } },
    nodes: [{ name: "node", url: node.baseUrl, models: [{ id: "scripted" }], slots: 100 }],
    limits: { firstTokenMs: 600_000, idleMs: 600_000, headersMs: 600_000, attempts: 1 },
  };
  const at = { host: "127.0.0.1", port: 0 };
  const worker =
    runtime === "workerd"
      ? await startWorkerd({ config, ...at, json: true, secrets: SECRETS }, () => undefined)
      : null;
  const running =
    worker ??
    (await serveRouter({
      config: readConfig(config),
      ...at,
      environment: SECRETS,
      log: () => undefined,
    }));
  const get: AnswersApi["get"] = (caller, path, init = {}) =>
    fetch(running.url + path, {
      ...init,
      headers: {
        authorization: `Bearer qf_caller${caller}_${secretOf(caller)}`,
        ...Object.fromEntries(new Headers(init.headers)),
      },
    });
  return {
    node,
    hookUrl: `http://${hook.host}/hook`,
    hooks,
    worker,
    get,
    ask: (caller, more, headers = {}, signal) => {
      const messages = [{ role: "user", content: "hi" }];
      return get(caller, "/v1/chat/completions", {
        method: "POST",
        body: JSON.stringify({ model: "scripted", stream: true, messages, ...more }),
        headers: { "content-type": "application/json", ...headers },
        ...(signal === undefined ? {} : { signal }),
      });
    },
    read: async (caller, id) => {
      const response = await get(caller, `/v1/answers/${id}`);
      return (await response.json()) as Readonly<Record<string, unknown>>;
    },
    close: async () => {
      await node.close();
      hook.server.closeAllConnections();
      hook.server.close();
      await (worker === null ? running.close() : worker.close());
    },
  };
}
