import { once } from "node:events";
import { createAdaptorServer } from "@hono/node-server";
import { isObject, parseJson } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import { onTestFinished } from "vitest";
import type { Engine } from "../../engine.ts";
import { DEFAULT_API_LIMITS } from "../api-options.ts";
import type { ApiOptions, RequestLog } from "../api-options.ts";
import { createApi } from "../app.ts";
import { createEngineHost } from "../engine-host.ts";
import type { ServedModel } from "../served-model.ts";

export const QWQ: ServedModel = {
  id: "qwq-32b",
  aliases: ["Qwen/QwQ-32B"],
  quantization: "Q4_K_M",
  thinks: "always",
  sampling: { temperature: 0.6, topP: 0.95, topK: 40, minP: 0 },
  license: "apache-2.0",
  fileSha256: null,
  created: 1_700_000_000,
};

export interface PostInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ServedApi {
  /** "http://127.0.0.1:PORT". */
  readonly url: string;
  readonly logs: readonly RequestLog[];
  readonly stops: () => number;
  readonly post: (path: string, body: unknown, init?: PostInit) => Promise<Response>;
}

/** The API over an engine on a real socket, closed when the test ends. */
export async function serveApi(
  open: () => Promise<Engine>,
  options: Partial<ApiOptions> = {},
): Promise<ServedApi> {
  const host = createEngineHost({ open });
  const logs: RequestLog[] = [];
  let ids = 0;
  let stops = 0;
  let url = "";
  const app = createApi({
    host,
    model: QWQ,
    node: {
      name: "test",
      privacy: "device",
      slots: 4,
      contextTokens: 4096,
      performance: [],
      plan: null,
    },
    baseUrl: () => `${url}/v1`,
    loopback: true,
    apiKeys: [],
    token: "management-token",
    corsOrigins: [],
    limits: DEFAULT_API_LIMITS,
    responsesDialect: "openai",
    pingMs: 20,
    now: () => performance.timeOrigin + performance.now(),
    newId: () => String(ids++),
    log: (entry) => logs.push(entry),
    onStop: () => {
      stops += 1;
    },
    ...options,
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `http://127.0.0.1:${address.port}`;
  onTestFinished(async () => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
    await host.close();
  });
  return {
    url,
    logs,
    stops: () => stops,
    post: (path, body, { headers, ...init } = {}) =>
      fetch(url + path, {
        method: "POST",
        body: JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...headers },
      }),
  };
}

/** The chunks of a chat stream, and whether it ended with `[DONE]`. */
export async function readStream(response: Response): Promise<{
  readonly events: JsonObject[];
  readonly done: boolean;
  readonly text: string;
}> {
  const text = await response.text();
  const data = text
    .split("\n\n")
    .map((event) => event.split("\n").find((line) => line.startsWith("data: ")))
    .filter((line) => line !== undefined)
    .map((line) => line.slice("data: ".length));
  const events = data
    .filter((one) => one !== "[DONE]")
    .map((one) => parseJson(one))
    .filter(isObject);
  return { events, done: data.at(-1) === "[DONE]", text };
}
