import {
  createJoinCode,
  hashOfCode,
  issueCertificate,
  readJoinCode,
  readPublicKey,
} from "@qwq-fit/tunnel";
import type { Hono } from "hono";
import type { RouterContext } from "../api/context.ts";
import { HttpRefusal } from "../api/http-error.ts";
import { readJsonObject } from "../api/read-body.ts";
import type { RouterEnv } from "../extension.ts";
import { CODE_MS, type JoinedNode } from "./registry.ts";
import { statusOf, type TunnelPorts } from "./tunnel-extension.ts";

const MOST_ENROL_BYTES = 8192;

/** Routes by which machines join, and by which a person sees and removes them. */
export function nodeRoutes(
  app: Hono<RouterEnv>,
  context: RouterContext,
  { registry, secret, now, changed }: TunnelPorts,
): void {
  const { config, fleet } = context;
  const admin = (headers: Headers): Promise<unknown> => context.authenticate(headers, "admin");
  const find = async (name: string): Promise<JoinedNode> => {
    const nodes = await registry.list();
    const node = nodes.find((one) => one.name === name || one.id === name);
    if (node !== undefined) return node;
    throw new HttpRefusal("invalid_request", "no node of this name has joined", { status: 404 });
  };

  app.post("/v1/nodes/codes", async (c) => {
    await admin(c.req.raw.headers);
    const code = await createJoinCode(secret);
    const nowMs = now();
    const plain = await readJoinCode(secret, code);
    await registry.addCode(await hashOfCode(plain ?? ""), nowMs);
    return c.json({ code, expires: new Date(nowMs + CODE_MS).toISOString() });
  });
  // The code is the credential. One that this router did not draw is turned away before the registry is asked.
  app.post("/v1/nodes/enrol", async (c) => {
    const body = await readJsonObject(c.req.raw, MOST_ENROL_BYTES, c.env);
    const { code, name, publicKey } = body;
    const key = readPublicKey(publicKey);
    if (key === null) throw new HttpRefusal("invalid_value", "is no key", { param: "publicKey" });
    const known = typeof code === "string" ? await readJoinCode(secret, code) : null;
    const nowMs = now();
    const node =
      known === null
        ? null
        : await registry.enrol(
            await hashOfCode(known),
            {
              id: crypto.randomUUID(),
              name: typeof name === "string" ? name : "node",
              taken: config.nodes.map((one) => one.name),
            },
            nowMs,
          );
    if (node === null) {
      throw new HttpRefusal("unauthorized", "this code is wrong, used or too old");
    }
    const issued = Math.floor(nowMs / 1000);
    const certificate = await issueCertificate(secret, { node: node.id, key, issued });
    return c.json({ id: node.id, name: node.name, certificate }, 201);
  });
  app.get("/v1/nodes/connect", () => {
    throw new HttpRefusal("invalid_request", "nodes connect by WebSocket", { status: 426 });
  });
  app.get("/v1/nodes", async (c) => {
    await admin(c.req.raw.headers);
    const snapshots = new Map(fleet.snapshots().map((one) => [one.node.name, one]));
    const joined = await registry.list();
    const nowMs = now();
    const rows = joined.map((node) => {
      const { id, name, hello, seenMs, enrolledMs, drained } = node;
      return {
        id,
        name,
        joined: true,
        status: statusOf(node, nowMs),
        drained,
        engine: hello?.engine ?? null,
        models: hello?.models.map((model) => model.id) ?? [],
        slots: hello?.slots ?? null,
        inFlight: hello?.load.inFlight ?? null,
        queued: hello?.load.queued ?? null,
        power: hello?.load.power ?? null,
        breaker: snapshots.get(name)?.breaker ?? null,
        agent: hello?.agent ?? null,
        seen: seenMs === null ? null : new Date(seenMs).toISOString(),
        enrolled: new Date(enrolledMs).toISOString(),
      };
    });
    const configured = config.nodes.map(({ name, engine, slots }) => {
      const seen = snapshots.get(name);
      return {
        id: null,
        name,
        joined: false,
        status: seen?.state ?? "unknown",
        drained: false,
        engine,
        models: seen?.node.models.map((model) => model.id) ?? [],
        slots,
        inFlight: seen?.inFlight ?? null,
        queued: seen?.queued ?? null,
        power: null,
        breaker: seen?.breaker ?? null,
        agent: null,
        seen: null,
        enrolled: null,
      };
    });
    return c.json({ object: "list", data: [...rows, ...configured] });
  });
  app.post("/v1/nodes/:name/drain", async (c) => {
    await admin(c.req.raw.headers);
    const on = c.req.query("off") === undefined;
    const { id, name } = await find(c.req.param("name"));
    await registry.drain(id, on);
    changed();
    return c.json({ id, name, drained: on });
  });
  app.delete("/v1/nodes/:name", async (c) => {
    await admin(c.req.raw.headers);
    const { id, name } = await find(c.req.param("name"));
    await registry.remove(id);
    changed();
    return c.json({ id, name, removed: true });
  });
}
