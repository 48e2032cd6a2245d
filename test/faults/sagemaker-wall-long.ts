import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { KEY, secretsOf } from "../support/sagemaker/test-transport.ts";
import {
  runSageMakerRouterSeed,
  runSageMakerSeed,
  runSeeds,
  sageMakerWallConfig,
  startSageMakerWall,
} from "./sagemaker-wall.ts";

/** Many seeds of SageMaker's faults: by the relay alone, by the router on Node over sockets, by the bundle in workerd. */
export async function runSageMakerWall(
  way: "relay" | "node" | "workerd",
  {
    from,
    count,
    beside,
  }: { readonly from: number; readonly count: number; readonly beside: number },
): Promise<readonly string[]> {
  const server = await startSageMakerWall();
  const config = sageMakerWallConfig(server);
  const at = { host: "127.0.0.1", port: 0 };
  const running =
    way === "relay"
      ? null
      : way === "node"
        ? await serveRouter({
            config: readConfig(config),
            ...at,
            environment: secretsOf(KEY),
            log: () => undefined,
          })
        : await startWorkerd(
            { config, ...at, json: true, secrets: secretsOf(KEY) },
            () => undefined,
          );
  try {
    const { served, wrong } = await runSeeds(from, count, beside, (seed) =>
      running === null
        ? runSageMakerSeed(seed, server)
        : runSageMakerRouterSeed(seed, (body, headers) =>
            fetch(`${running.url}/v1/chat/completions`, { method: "POST", body, headers }),
          ),
    );
    console.log(`${way}: ${served} of ${count} served whole`);
    return [...wrong, ...server.refused.map((why) => `refused: ${why}`)];
  } finally {
    await running?.close();
    await server.close();
  }
}
