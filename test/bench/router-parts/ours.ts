// The router with keys and limits on. Prints its port. `node ours.ts UPSTREAM`
import { hashSecret, readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { BENCH_KEY, BENCH_SECRET } from "./key.ts";

const [upstream = ""] = process.argv.slice(2);
const config = readConfig({
  nodes: [{ name: "mock", url: `${upstream}/v1`, slots: 1000, models: [{ id: "m" }] }],
  keys: [
    {
      id: BENCH_KEY.split("_")[1],
      hashes: [await hashSecret("pepper", BENCH_SECRET)],
      limits: {
        requestsPerMinute: 1e6,
        tokensPerMinute: 1e12,
        tokensPerDay: 1e15,
        concurrentStreams: 1e5,
      },
    },
  ],
});
const running = await serveRouter({
  config,
  host: "127.0.0.1",
  port: 0,
  environment: { QWQ_PEPPER: "pepper" },
  log: () => undefined,
});
console.log(new URL(running.url).port);
process.on("SIGINT", () => process.exit(0));
