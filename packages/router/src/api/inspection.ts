import type { Hono } from "hono";
import type { RouterEnv } from "../extension.ts";
import { decide, readWishes } from "./carry.ts";
import type { RouterContext } from "./context.ts";
import { HttpRefusal } from "./http-error.ts";
import { listModels } from "./models.ts";
import { readJsonObject } from "./read-body.ts";

/** The routes that tell of the router and run nothing. */
export function inspectionRoutes(app: Hono<RouterEnv>, context: RouterContext): void {
  const { config, fleet, metrics } = context;
  app.get("/health", (c) => {
    const states = fleet.snapshots().map((one) => one.state);
    const ready = states.some((state) => state === "serveable" || state === "unknown");
    return c.json(
      { status: ready ? "ready" : "no node is ready", nodes: states.length },
      ready ? 200 : 503,
    );
  });
  app.get("/metrics", async (c) => {
    await context.authenticate(c.req.raw.headers, "metrics");
    return c.text(metrics.text(), 200, { "content-type": "text/plain; version=0.0.4" });
  });
  app.get("/v1/models", async (c) => {
    const caller = await context.authenticate(c.req.raw.headers, "inference");
    return c.json(listModels(fleet.snapshots(), caller));
  });
  // A model's name may hold slashes.
  app.get("/v1/models/:id{.+}", async (c) => {
    const caller = await context.authenticate(c.req.raw.headers, "inference");
    const id = c.req.param("id");
    const model = listModels(fleet.snapshots(), caller).data.find((one) => one.id === id);
    if (model !== undefined) return c.json(model);
    throw new HttpRefusal("unknown_model", `no node lists the model ${JSON.stringify(id)}`, {
      param: "model",
    });
  });
  app.post("/v1/route/explain", async (c) => {
    const caller = await context.authenticate(c.req.raw.headers, "inference");
    const body = await readJsonObject(c.req.raw, config.maxBodyBytes, c.env);
    const wishes = readWishes(c.req.raw.headers, context, caller);
    return c.json({
      policy: wishes.policy,
      mode: wishes.mode,
      ...decide(body, "chat", wishes.policy, context, true),
    });
  });
}
