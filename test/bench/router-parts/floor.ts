// The floor: a bare Hono pass-through on the same runtime. Prints its port. `node floor.ts UPSTREAM`
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const [upstream = ""] = process.argv.slice(2);
const app = new Hono();
app.post("/v1/*", async (c) => {
  const response = await fetch(upstream + new URL(c.req.url).pathname, {
    method: "POST",
    body: await c.req.text(),
    headers: { "content-type": "application/json" },
    signal: c.req.raw.signal,
  });
  return new Response(response.body, response);
});
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(port));
