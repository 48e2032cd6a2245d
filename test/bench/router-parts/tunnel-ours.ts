// The router on Node with one node that has dialled in; the agent is a process of its own. Prints its port.
// `node tunnel-ours.ts UPSTREAM`
import { spawn } from "node:child_process";
import { join } from "node:path";
import { readConfig } from "@qwq-fit/router";
import { openNodeTunnel, serveRouter } from "@qwq-fit/router/node";
import { enrol } from "@qwq-fit/tunnel/node";
import { benchConfig } from "./config.ts";
import { BENCH_KEY } from "./key.ts";

const [upstream = ""] = process.argv.slice(2);
const { keys } = await benchConfig(upstream);
const [key = {}] = Array.isArray(keys) ? (keys as object[]) : [];
const config = readConfig({
  join: true,
  nodes: [],
  keys: [{ ...key, scopes: ["inference", "admin"] }],
});
const tunnel = await openNodeTunnel({ config, file: null });
const running = await serveRouter({
  config,
  host: "127.0.0.1",
  port: 0,
  environment: { QWQ_PEPPER: "pepper" },
  log: () => undefined,
  extensions: (ports) => [tunnel.extension(ports)],
});
tunnel.listen(running.server, running.router.fleet);
const headers = { authorization: `Bearer ${BENCH_KEY}` };
const answer = await fetch(`${running.url}/v1/nodes/codes`, { method: "POST", headers });
const code: unknown = Reflect.get(Object(await answer.json()), "code");
const membership = JSON.stringify(await enrol(running.url, String(code), "bench"));
const program = join(import.meta.dirname, "../../faults/tunnel-parts/agent-child.ts");
const agent = spawn(process.execPath, ["--no-warnings", program, membership, upstream], {
  stdio: ["ignore", "ignore", "inherit"],
});
const end = (): void => {
  agent.kill("SIGKILL");
  process.exit(0);
};
process.on("SIGTERM", end);
process.on("SIGINT", end);
while (running.router.fleet.snapshots()[0]?.state !== "serveable") {
  await new Promise((resolve) => void setTimeout(resolve, 20));
}
console.log(new URL(running.url).port);
