// The router on Node with keys and limits on. Prints its port. `node ours.ts UPSTREAM`
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { benchConfig } from "./config.ts";

const [upstream = ""] = process.argv.slice(2);
const running = await serveRouter({
  config: readConfig(await benchConfig(upstream)),
  host: "127.0.0.1",
  port: 0,
  environment: { QWQ_PEPPER: "pepper" },
  log: () => undefined,
});
console.log(new URL(running.url).port);
process.on("SIGINT", () => process.exit(0));
