import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { expect, test } from "vitest";
import { runPhoneWall, startPhoneWall } from "./phone-wall.ts";

test("200 phones that lose their connections read whole answers from the router on Node", async () => {
  const wall = await startPhoneWall();
  const router = await serveRouter({
    config: readConfig(wall.config),
    host: "127.0.0.1",
    port: 0,
    environment: {},
    log: () => undefined,
  });
  try {
    const wrong = await runPhoneWall(
      wall,
      { from: 0, count: 200, beside: 8 },
      "node",
      (path, init) => fetch(router.url + path, init),
    );
    expect(wrong).toEqual([]);
  } finally {
    await router.close(0);
    await wall.close();
  }
}, 120_000);
