import { createRetryBudget } from "@qwq-fit/relay";
import { Hono } from "hono";
import type { AnswerPorts } from "../answers/answer-ports.ts";
import { answersExtension, runJob } from "../answers/answers-extension.ts";
import type { AnswerJob } from "../answers/job.ts";
import { createMemoryAnswers } from "../answers/memory-answers.ts";
import { createNotify } from "../answers/webhook.ts";
import type { RouterConfig } from "../config/config.ts";
import type { RouterEnv, RouterExtension } from "../extension.ts";
import { createFleet, type Fleet } from "../fleet/fleet.ts";
import { createKeyRing } from "../guard/api-key.ts";
import { createAuthenticate } from "../guard/authenticate.ts";
import { createLimiter } from "../guard/limiter.ts";
import type { Exchange, RouterPorts } from "../ports.ts";
import { openApiExtension } from "../openapi/openapi-extension.ts";
import { sessionsExtension } from "../sessions/sessions-extension.ts";
import type { RouterContext } from "./context.ts";
import { corsHeaders } from "./cors.ts";
import { HttpRefusal, refusalResponse } from "./http-error.ts";
import { inferenceRoutes } from "./inference.ts";
import { inspectionRoutes } from "./inspection.ts";
import { createMetrics } from "./metrics.ts";

/** The router as a fetch handler, and its fleet, for whoever probes and drains. */
export interface Router {
  readonly fetch: (request: Request, exchange?: Exchange) => Response | Promise<Response>;
  readonly app: Hono<RouterEnv>;
  readonly fleet: Fleet;
  readonly config: RouterConfig;
  /** Runs an answer object's job, for a runtime whose objects live apart. */
  readonly run: (job: AnswerJob, signal: AbortSignal, exchange?: Exchange) => Promise<Response>;
  /** Tells a webhook that an answer has ended. */
  readonly notify: AnswerPorts["notify"];
}

/** What the router does beside its own by the same means as others: each in a folder of its own. */
const ownExtensions = (
  { sessions }: RouterConfig,
  ports: RouterPorts,
): readonly RouterExtension[] => [
  openApiExtension,
  ...(sessions === null ? [] : [sessionsExtension(sessions, ports)]),
  answersExtension(
    (context) =>
      ports.answers ??
      createMemoryAnswers(
        context.config.answers,
        ports,
        (job, signal) => runJob(context, job, signal),
        createNotify(context),
      ),
  ),
];

/**
 * One OpenAI-compatible API in front of the nodes. Effects come in as ports; nothing is global. `given` extensions add
 * routes, ways to authenticate, ways to reach nodes, and nodes that come by themselves.
 */
export function createRouter(
  config: RouterConfig,
  ports: RouterPorts,
  given: readonly RouterExtension[] = [],
): Router {
  const pepper = ports.secret(config.pepperSecret) ?? "";
  if (!config.insecureDev && pepper === "") {
    throw new HttpRefusal("internal", `the secret ${config.pepperSecret} is not set`);
  }
  const extensions = [...ownExtensions(config, ports), ...given];
  const fleet = createFleet(config, ports, extensions);
  const context: RouterContext = {
    config,
    ports,
    fleet,
    authenticate: createAuthenticate(config, createKeyRing(config.keys, pepper), ports, extensions),
    extensions,
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
  for (const add of [inspectionRoutes, inferenceRoutes]) add(app, context);
  for (const extension of extensions) extension.routes?.(app, context);
  return {
    fetch: (request, exchange) => app.fetch(request, exchange),
    app,
    fleet,
    config,
    run: (job, signal, exchange) => runJob(context, job, signal, exchange),
    notify: createNotify(context),
  };
}
