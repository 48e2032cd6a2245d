import { expect, test } from "vitest";
import { createRouter } from "./api/app.ts";
import { HttpRefusal } from "./api/http-error.ts";
import { readConfig } from "./config/parse-config.ts";
import type { RegisteredNode, RouterExtension } from "./extension.ts";
import { ANYBODY } from "./guard/caller.ts";
import { createMemoryState } from "./guard/memory-state.ts";
import type { RouterPorts } from "./ports.ts";

const config = readConfig({
  insecureDev: true,
  keys: [{ id: "caller1", hashes: ["0".repeat(64)] }],
  nodes: [
    {
      name: "far",
      engine: "sagemaker",
      endpoint: "qwq",
      region: "us-east-1",
      models: [{ id: "m" }],
    },
    { name: "off", url: "http://127.0.0.1:9/v1", models: [{ id: "other" }] },
  ],
});
const ports: RouterPorts = {
  fetch: () => Promise.reject(new Error("nothing may be fetched")),
  now: () => 0,
  monotonic: () => 0,
  random: () => 0,
  timer: () => () => undefined,
  id: () => "id",
  secret: () => "pepper",
  log: () => undefined,
  state: createMemoryState(),
};
const answering =
  (content: string): RegisteredNode["link"]["transport"] =>
  () =>
    Promise.resolve(
      Response.json({
        choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      }),
    );
const asked = (model: string, authorization = "Bearer pass"): Request =>
  new Request("http://router.test/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ model, messages: [] }),
  });

const pass: RouterExtension = {
  name: "pass",
  authenticate: (headers) => {
    const given = headers.get("authorization");
    if (!given?.startsWith("Bearer pass")) return Promise.resolve(null);
    const caller = { ...ANYBODY, name: "passenger", scopes: ["inference"] as const };
    const good = given === "Bearer pass";
    return Promise.resolve(good ? { ok: true, caller } : { ok: false, reason: "expired" });
  },
};

test("an extension's credential is read before a key is looked for, and its scopes bind", async () => {
  const reach: RouterExtension = {
    name: "reach",
    link: ({ endpoint }) => (endpoint === "qwq" ? { transport: answering("from far") } : null),
  };
  const router = createRouter(config, ports, [pass, reach]);
  const response = await router.fetch(asked("m"));
  expect(await response.text()).toContain("from far");
  expect((await router.fetch(asked("m", "Bearer passé"))).status).toBe(401);
  expect((await router.fetch(asked("m", "Bearer qf_x"))).status).toBe(401);
  const metrics = new Request("http://router.test/metrics", {
    headers: { authorization: "Bearer pass" },
  });
  expect((await router.fetch(metrics)).status).toBe(403);
});

test("an extension's routes stand beside the router's own, with its errors", async () => {
  const router = createRouter(config, ports, [
    pass,
    {
      name: "hello",
      routes: (app, context) => {
        app.get("/v1/hello", async (c) => {
          const { name } = await context.authenticate(c.req.raw.headers, "inference");
          if (c.req.query("who") === undefined)
            throw new HttpRefusal("invalid_request", "who is missing", { param: "who" });
          return c.text(name);
        });
      },
    },
  ]);
  const get = (query: string): Request =>
    new Request(`http://router.test/v1/hello${query}`, {
      headers: { authorization: "Bearer pass" },
    });
  expect(await (await router.fetch(get("?who=me"))).text()).toBe("passenger");
  expect((await router.fetch(get(""))).status).toBe(400);
});

test("nodes come and go by a registry; a configured name is not taken over", async () => {
  const [far] = config.nodes;
  if (far === undefined) throw new Error("no node");
  const came = (name: string, content: string): RegisteredNode => ({
    config: { ...far, name, models: far.models.map((model) => ({ ...model, id: "new" })) },
    link: {
      transport: answering(content),
      probe: () =>
        Promise.resolve({
          state: "serveable",
          queued: 0,
          inFlight: 0,
          models: null,
          performance: null,
          continuation: null,
        }),
    },
  });
  let present: readonly RegisteredNode[] | null = [came("mini", "from mini"), came("off", "no")];
  const router = createRouter(config, { ...ports, timer: () => () => undefined }, [
    pass,
    {
      name: "registry",
      nodes: () => (present === null ? Promise.reject(new Error()) : Promise.resolve(present)),
    },
  ]);
  expect((await router.fetch(asked("new"))).status).toBe(404);
  await router.fleet.probe();
  expect(await (await router.fetch(asked("new"))).text()).toContain("from mini");
  expect(router.fleet.nodes().get("off")?.engine).toBe("openai-compatible");
  present = null;
  await router.fleet.probe();
  expect((await router.fetch(asked("new"))).status).toBe(200);
  present = [];
  await router.fleet.probe();
  expect((await router.fetch(asked("new"))).status).toBe(404);
  expect([...router.fleet.nodes().keys()]).toEqual(["far", "off"]);
});
