import { expect, test } from "vitest";
import { startWorkerTunnel } from "../support/tunnel-router.ts";
import { runTunnelWall, WALL_CONFIG } from "./tunnel-wall.ts";

test("60 streams over 4 agents, all of it breaking, in workerd: no wrong outcome", async () => {
  const router = await startWorkerTunnel(WALL_CONFIG);
  try {
    const result = await runTunnelWall(router, {
      streams: 60,
      agents: 4,
      beside: 20,
      everyMs: 20,
      tokensPerFault: 100,
      faultsPerRestart: 5,
      seed: 1,
    });
    expect(result.wrong).toEqual([]);
    expect(result.whole).toBeGreaterThan(0);
    // Agents died and hung, objects broke and slept, and the Worker was restarted: each at least once.
    const happened = Object.entries(result.faults).flatMap(([kind, times]) =>
      times > 0 ? [kind] : [],
    );
    expect(happened.toSorted()).toEqual(["freeze", "kill", "reset", "restart", "sleep"]);
  } finally {
    await router.close();
  }
}, 300_000);
