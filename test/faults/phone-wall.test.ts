import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { readConfig } from "@qwq-fit/router";
import { serveRouter } from "@qwq-fit/router/node";
import { expect, test } from "vitest";
import { type PhoneWall, runPhoneWall, startPhoneWall } from "./phone-wall.ts";

const START = {
  node: (wall: PhoneWall) =>
    serveRouter({
      config: readConfig(wall.config),
      host: "127.0.0.1",
      port: 0,
      environment: {},
      log: () => undefined,
    }),
  workerd: (wall: PhoneWall) =>
    startWorkerd(
      { config: wall.config, port: 0, host: "127.0.0.1", json: true, secrets: {} },
      () => undefined,
    ),
} as const;

test.for(["node", "workerd"] as const)(
  "200 phones that lose their connections read whole answers, each generated once: %s",
  { timeout: 240_000 },
  async (runtime) => {
    const wall = await startPhoneWall();
    const router = await START[runtime](wall);
    try {
      const seeds = { from: 0, count: 200, beside: 8 };
      const wrong = await runPhoneWall(wall, seeds, runtime, (path, init) =>
        fetch(router.url + path, init),
      );
      expect(wrong.slice(0, 3)).toEqual([]);
    } finally {
      await router.close();
      await wall.close();
    }
  },
);
