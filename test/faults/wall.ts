// The fault wall, long: `npm run wall -- [--seeds 10000] [--from 0] [--beside 16]`. The relay, the router on Node over
// sockets, and the bundle in workerd, each over the same seeds. Prints each wrong outcome.
import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { parseArgs } from "node:util";
import { runSeed } from "./relay-wall.ts";
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

function report(what: string, wrong: readonly string[]): void {
  for (const one of wrong) console.log(one);
  console.log(`${what}: ${seeds} requests, ${wrong.length} wrong outcomes`);
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

async function routerWall(runtime: "node" | "workerd"): Promise<readonly string[]> {
  const fleet = await startWallFleet();
  const running =
    runtime === "node"
      ? await serveRouter({
          config: readConfig(fleet.config),
          host: "127.0.0.1",
          port: 0,
          environment: {},
          log: () => undefined,
        })
      : await startWorkerd(
          { config: fleet.config, port: 0, host: "127.0.0.1", json: true, secrets: {} },
          () => undefined,
        );
  try {
    return await runRouterWall(from, seeds, beside, (body, headers) =>
      fetch(`${running.url}/v1/chat/completions`, { method: "POST", body, headers }),
    );
  } finally {
    await fleet.close();
    await running.close();
  }
}

const wanted = (name: string): boolean => values.only === undefined || values.only === name;
if (wanted("relay")) report(`relay, Node ${process.version}`, await relayWall());
if (wanted("node")) report(`router, Node ${process.version}`, await routerWall("node"));
if (wanted("workerd")) report("router, workerd", await routerWall("workerd"));
process.exitCode = failed ? 1 : 0;
