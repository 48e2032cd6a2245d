// The router's production bundle in workerd, with keys and limits on. Prints its port. `node worker-ours.ts UPSTREAM`
import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { benchConfig } from "./config.ts";

const [upstream = ""] = process.argv.slice(2);
const running = await startWorkerd(
  {
    config: await benchConfig(upstream),
    port: 0,
    host: "127.0.0.1",
    json: true,
    secrets: { QWQ_PEPPER: "pepper" },
  },
  () => undefined,
);
console.log(new URL(running.url).port);
