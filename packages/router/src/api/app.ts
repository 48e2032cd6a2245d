import { createRetryBudget } from "@qwq-fit/relay";
import {
  chatFromMessages,
  chatFromResponses,
  type Checked,
  createMessagesConverter,
  createResponsesConverter,
  messageFromChat,
  responseFromChat,
} from "@qwq-fit/wire";
import { Hono } from "hono";
import type { RouterConfig } from "../config/config.ts";
import { createFleet, type Fleet } from "../fleet/fleet.ts";
import { createKeyRing, keyOfHeaders } from "../guard/api-key.ts";
import { ANYBODY, type Caller, callerOf } from "../guard/caller.ts";
import { createLimiter } from "../guard/limiter.ts";
import type { Exchange, RouterPorts } from "../ports.ts";
import { decide, readWishes } from "./carry.ts";
import type { RouterContext } from "./context.ts";
import { corsHeaders } from "./cors.ts";
import { HttpRefusal, refusalResponse } from "./http-error.ts";
import { createMetrics } from "./metrics.ts";
import { listModels } from "./models.ts";
import { readJsonObject } from "./read-body.ts";
import { type Dialect, serve } from "./serve.ts";

const plain = (api: Dialect["api"]): Dialect => ({ api, converter: null, whole: null });

export type RouterEnv = {
  Bindings: Exchange;
  Variables: { requestId: string; caller: Caller };
};

/** The router as a fetch handler, and its fleet, for whoever probes and drains. */
export interface Router {
  readonly fetch: (request: Request, exchange?: Exchange) => Response | Promise<Response>;
  readonly app: Hono<RouterEnv>;
  readonly fleet: Fleet;
  readonly config: RouterConfig;
}

/** One OpenAI-compatible API in front of the configured nodes. Effects come in as ports; nothing is global. */
export function createRouter(config: RouterConfig, ports: RouterPorts, given?: Fleet): Router {
  const pepper = ports.secret(config.pepperSecret) ?? "";
  if (!config.insecureDev && pepper === "") {
    throw new HttpRefusal("internal", `the secret ${config.pepperSecret} is not set`);
  }
  const fleet = given ?? createFleet(config, ports);
  const context: RouterContext = {
    config,
    ports,
    fleet,
    keys: createKeyRing(config.keys, pepper),
    limiter: createLimiter(ports),
    retries: createRetryBudget(config.retryShare),
    metrics: createMetrics(),
  };
  const app = new Hono<RouterEnv>();

  app.onError((error, c) => refusalResponse(error, c.get("requestId")));
  app.notFound((c) =>
    refusalResponse(
      new HttpRefusal("invalid_request", "no such path", { status: 404 }),
      c.get("requestId"),
    ),
  );
  app.use(async (c, next) => {
    c.set("requestId", ports.id());
    const origin = c.req.header("origin");
    const allowed = origin !== undefined && config.corsOrigins.includes(origin);
    if (c.req.method === "OPTIONS" && origin !== undefined) {
      return allowed
        ? new Response(null, { status: 204, headers: corsHeaders(origin) })
        : new Response(null, { status: 403 });
    }
    await next();
    c.res.headers.set("x-request-id", c.get("requestId"));
    if (allowed)
      for (const [name, value] of Object.entries(corsHeaders(origin)))
        c.res.headers.set(name, value);
    return undefined;
  });
  app.get("/health", (c) => {
    const states = fleet.snapshots().map((one) => one.state);
    const ready = states.some((state) => state === "serveable" || state === "unknown");
    return c.json(
      { status: ready ? "ready" : "no node is ready", nodes: states.length },
      ready ? 200 : 503,
    );
  });
  const scoped =
    (scope: Caller["scopes"][number]) =>
    async (headers: Headers): Promise<Caller> => {
      if (config.insecureDev && config.keys.length === 0) return ANYBODY;
      const verdict = await context.keys.check(keyOfHeaders(headers), ports.now());
      if (!verdict.ok) {
        throw new HttpRefusal(
          "unauthorized",
          verdict.reason === "missing" ? "an API key is needed" : "this API key is not valid",
        );
      }
      if (!verdict.key.scopes.includes(scope))
        throw new HttpRefusal("forbidden", `this key may not: ${scope}`);
      return callerOf(verdict.key);
    };
  const inference = scoped("inference");
  const metricsOf = scoped("metrics");

  app.get("/metrics", async (c) => {
    await metricsOf(c.req.raw.headers);
    return c.text(context.metrics.text(), 200, { "content-type": "text/plain; version=0.0.4" });
  });
  app.get("/v1/models", async (c) => {
    const caller = await inference(c.req.raw.headers);
    return c.json(listModels(fleet.snapshots(), caller));
  });
  app.post("/v1/route/explain", async (c) => {
    const caller = await inference(c.req.raw.headers);
    const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
    const wishes = readWishes(c.req.raw.headers, context, caller);
    return c.json({
      policy: wishes.policy,
      mode: wishes.mode,
      ...decide(body, "chat", wishes.policy, context, true),
    });
  });

  for (const [path, api] of [
    ["/v1/chat/completions", "chat"],
    ["/v1/completions", "completions"],
    ["/v1/embeddings", "embeddings"],
  ] as const) {
    app.post(path, async (c) => {
      const caller = await inference(c.req.raw.headers);
      const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
      return serve(
        context,
        { caller, request: c.req.raw, requestId: c.get("requestId"), exchange: c.env },
        body,
        plain(api),
      );
    });
  }
  app.post("/v1/responses", async (c) => {
    const caller = await inference(c.req.raw.headers);
    const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
    const chat = valueOf(chatFromResponses(body));
    const options = {
      request: body,
      id: `resp_${c.get("requestId")}`,
      model: String(body["model"]),
      now: ports.now,
    };
    return serve(
      context,
      { caller, request: c.req.raw, requestId: c.get("requestId"), exchange: c.env },
      { ...chat },
      {
        api: "chat",
        converter: () => createResponsesConverter(options),
        whole: (text) => JSON.stringify(responseFromChat(JSON.parse(text), options)),
      },
    );
  });
  app.post("/v1/messages", async (c) => {
    const caller = await inference(c.req.raw.headers);
    const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
    const chat = valueOf(chatFromMessages(body));
    const options = { id: `msg_${c.get("requestId")}`, model: String(body["model"]) };
    return serve(
      context,
      { caller, request: c.req.raw, requestId: c.get("requestId"), exchange: c.env },
      { ...chat },
      {
        api: "chat",
        converter: () => createMessagesConverter(options),
        whole: (text) => JSON.stringify(messageFromChat(JSON.parse(text), options)),
      },
    );
  });
  return { fetch: (request, exchange) => app.fetch(request, exchange), app, fleet, config };
}

function valueOf<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  const [first] = checked.problems;
  throw new HttpRefusal(
    first?.code ?? "invalid_request",
    first?.message ?? "the body is not valid",
    first === undefined ? {} : { param: first.param },
  );
}
