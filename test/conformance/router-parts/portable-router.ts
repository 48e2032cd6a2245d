// The router's app served by what Bun or Deno have of their own, nothing of Node in it. Prints its port.
//   bun portable-router.ts NODE_URL;  deno run --allow-net portable-router.ts NODE_URL
import { createMemoryState, createRouter, readConfig } from "@qwq-fit/router";

interface Host {
  readonly argv?: readonly string[];
  readonly args?: readonly string[];
  readonly serve: (options: object, handler?: unknown) => { port?: number };
}
const bun = Reflect.get(globalThis, "Bun") as Host | undefined;
const deno = Reflect.get(globalThis, "Deno") as Host | undefined;
const url = (bun?.argv ?? deno?.args ?? []).at(-1);

const router = createRouter(
  readConfig({ insecureDev: true, nodes: [{ name: "node", url, models: [{ id: "scripted" }] }] }),
  {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    id: () => crypto.randomUUID(),
    secret: () => undefined,
    log: () => undefined,
    state: createMemoryState(),
  },
);
const handler = (request: Request): Response | Promise<Response> => router.fetch(request);
if (bun === undefined) {
  deno?.serve(
    { port: 0, hostname: "127.0.0.1", onListen: ({ port }: { port: number }) => console.log(port) },
    handler,
  );
} else {
  // A long thought is no idle connection.
  console.log(bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: handler }).port);
}
