import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { createRouter, readConfig } from "@qwq-fit/router";
import { expect, test } from "vitest";
import { testPorts } from "../support/router-ports.ts";
import { runRouterWall, startWallFleet } from "./router-wall.ts";

test("200 drawn requests through the router on Node: no wrong outcome", async () => {
  const fleet = await startWallFleet();
  const router = createRouter(readConfig(fleet.config), testPorts());
  try {
    const wrong = await runRouterWall(0, 200, 10, async (body, headers) =>
      router.fetch(
        new Request("http://router.test/v1/chat/completions", { method: "POST", body, headers }),
      ),
    );
    expect(wrong).toEqual([]);
  } finally {
    await fleet.close();
  }
}, 120_000);

test("200 drawn requests through the bundle in workerd: no wrong outcome", async () => {
  const fleet = await startWallFleet();
  const options = { config: fleet.config, port: 0, host: "127.0.0.1", json: true, secrets: {} };
  const worker = await startWorkerd(options, () => undefined);
  try {
    const wrong = await runRouterWall(0, 200, 10, (body, headers) =>
      fetch(`${worker.url}/v1/chat/completions`, { method: "POST", body, headers }),
    );
    expect(wrong).toEqual([]);
  } finally {
    await worker.close();
    await fleet.close();
  }
}, 180_000);
