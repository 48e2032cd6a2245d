import { createRouter, readConfig, sageMakerExtension } from "@qwq-fit/router";
import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { expect, test } from "vitest";
import { testPorts } from "../support/router-ports.ts";
import { KEY, secretsOf } from "../support/sagemaker/test-transport.ts";
import {
  runSageMakerRouterSeed,
  runSageMakerSeed,
  runSeeds,
  sageMakerWallConfig,
  startSageMakerWall,
} from "./sagemaker-wall.ts";

test("200 drawn requests over SageMaker's faults: no wrong outcome", async () => {
  const server = await startSageMakerWall();
  try {
    const { wrong } = await runSeeds(0, 200, 10, (seed) => runSageMakerSeed(seed, server));
    expect(wrong).toEqual([]);
    expect(server.refused).toEqual([]);
  } finally {
    await server.close();
  }
}, 120_000);

test("100 drawn requests through the router on Node: no wrong outcome", async () => {
  const server = await startSageMakerWall();
  const config = readConfig(sageMakerWallConfig(server));
  const ports = testPorts(secretsOf(KEY));
  const router = createRouter(config, ports, [sageMakerExtension(config, ports)]);
  try {
    const { wrong } = await runSeeds(0, 100, 10, (seed) =>
      runSageMakerRouterSeed(seed, async (body, headers) =>
        router.fetch(
          new Request("http://router.test/v1/chat/completions", { method: "POST", body, headers }),
        ),
      ),
    );
    expect(wrong).toEqual([]);
    expect(server.refused).toEqual([]);
  } finally {
    await server.close();
  }
}, 120_000);

test("100 drawn requests through the bundle in workerd: no wrong outcome", async () => {
  const server = await startSageMakerWall();
  const options = {
    config: sageMakerWallConfig(server),
    port: 0,
    host: "127.0.0.1",
    json: true,
    secrets: secretsOf(KEY),
  };
  const worker = await startWorkerd(options, () => undefined);
  try {
    const { wrong } = await runSeeds(0, 100, 10, (seed) =>
      runSageMakerRouterSeed(seed, (body, headers) =>
        fetch(`${worker.url}/v1/chat/completions`, { method: "POST", body, headers }),
      ),
    );
    expect(wrong).toEqual([]);
    expect(server.refused).toEqual([]);
  } finally {
    await worker.close();
    await server.close();
  }
}, 180_000);
