// The fault wall, long: `npm run wall -- [--seeds 10000] [--from 0] [--beside 16]`. The relay, the router on Node over
// sockets, and the bundle in workerd, each over the same seeds; then phones that lose their connections, on both.
// `--only NAME` runs one of them. Prints each wrong outcome.
import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { parseArgs } from "node:util";
import { longTunnelWall } from "./tunnel-wall-long.ts";
import { runClientWall } from "./client-wall.ts";
import { runPhoneWall, startPhoneWall } from "./phone-wall.ts";
import { runSeed } from "./relay-wall.ts";
import { runSageMakerWall } from "./sagemaker-wall-long.ts";
import { runRouterWall, startWallFleet } from "./router-wall.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "0" },
    beside: { type: "string", default: "16" },
    only: { type: "string" },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const beside = Number(values.beside);
let failed = false;

function report(what: string, wrong: readonly string[], requests = seeds): void {
  for (const one of wrong) console.log(one);
  console.log(`${what}: ${requests} requests, ${wrong.length} wrong outcomes`);
  if (wrong.length > 0) failed = true;
}

async function relayWall(): Promise<readonly string[]> {
  const wrong: string[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + seeds) {
      const outcome = await runSeed(next++);
      if (outcome !== null) wrong.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: beside }, work));
  return wrong;
}

function startRouter(
  runtime: "node" | "workerd",
  config: Readonly<Record<string, unknown>>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const at = { host: "127.0.0.1", port: 0 };
  return runtime === "node"
    ? serveRouter({ config: readConfig(config), ...at, environment: {}, log: () => undefined })
    : startWorkerd({ config, ...at, json: true, secrets: {} }, () => undefined);
}

async function routerWall(runtime: "node" | "workerd"): Promise<readonly string[]> {
  const fleet = await startWallFleet();
  const running = await startRouter(runtime, fleet.config);
  try {
    return await runRouterWall(from, seeds, beside, (body, headers) =>
      fetch(`${running.url}/v1/chat/completions`, { method: "POST", body, headers }),
    );
  } finally {
    await fleet.close();
    await running.close();
  }
}

async function phoneWall(runtime: "node" | "workerd"): Promise<readonly string[]> {
  const wall = await startPhoneWall();
  const running = await startRouter(runtime, wall.config);
  try {
    return await runPhoneWall(wall, { from, count: seeds, beside }, runtime, (path, init) =>
      fetch(running.url + path, init),
    );
  } finally {
    await running.close();
    await wall.close();
  }
}

const wanted = (name: string): boolean => values.only === undefined || values.only === name;
if (wanted("relay")) report(`relay, Node ${process.version}`, await relayWall());
if (wanted("node")) report(`router, Node ${process.version}`, await routerWall("node"));
if (wanted("workerd")) report("router, workerd", await routerWall("workerd"));
if (wanted("phones-node")) report(`phones, Node ${process.version}`, await phoneWall("node"));
if (wanted("phones-workerd")) report("phones, workerd", await phoneWall("workerd"));
for (const way of ["relay", "node", "workerd"] as const) {
  if (!wanted(`sagemaker-${way}`)) continue;
  report(`SageMaker, ${way}`, await runSageMakerWall(way, { from, count: seeds, beside }));
}
if (wanted("client")) {
  const outcomes = await runClientWall(from, seeds, beside);
  const whole = outcomes.filter((one) => one.whole).length;
  const wrong = outcomes.flatMap((one) => (one.wrong === null ? [] : [one.wrong]));
  report(`client, ${whole} whole answers`, wrong);
}
for (const runtime of ["node", "workerd"] as const) {
  // Not seeds but streams at once: a thousand, whatever else is run.
  if (!wanted(`tunnel-${runtime}`)) continue;
  report(
    `tunnel, ${runtime}`,
    await longTunnelWall(runtime, { streams: 1000, seed: from + 1 }),
    11_000,
  );
}
process.exitCode = failed ? 1 : 0;
