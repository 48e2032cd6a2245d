// The floor in workerd: a bare Worker that passes through. Prints its port. `node worker-floor.ts UPSTREAM`
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [upstream = ""] = process.argv.slice(2);
const worker = join(import.meta.dirname, "../../../workers/router/package.json");
const path = createRequire(worker).resolve("miniflare");
interface Runner {
  readonly Miniflare: new (options: object) => { readonly ready: Promise<URL> };
}
const { Miniflare } = (await import(pathToFileURL(path).href)) as Runner;
const source = `export default {
  async fetch(request) {
    const response = await fetch(${JSON.stringify(upstream)} + new URL(request.url).pathname, {
      method: "POST",
      body: await request.text(),
      headers: { "content-type": "application/json" },
    });
    return new Response(response.body, response);
  },
};`;
const running = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  cf: false,
  workers: [
    {
      config: {
        name: "bare",
        compatibilityDate: "2026-11-01",
        manifest: {
          mainModule: "index.js",
          modulesRoot: import.meta.dirname,
          modules: { "index.js": { type: "esm", contents: source } },
        },
        env: {},
        exports: {},
      },
    },
  ],
});
console.log((await running.ready).port);
