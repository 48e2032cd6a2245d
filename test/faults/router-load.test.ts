import { expect, test } from "vitest";
import { readStream, startSlowBench } from "../bench/router-parts/slow-streams.ts";

test("300 slow streams at once are all whole, and none stays in flight", async () => {
  const bench = await startSlowBench(5, 100);
  try {
    const all = await Promise.all(Array.from({ length: 300 }, () => readStream(bench.router.url)));
    expect(all.filter(Boolean)).toHaveLength(300);
    expect(bench.atNode.most).toBeGreaterThan(100);
    await expect.poll(() => bench.router.router.fleet.snapshots()[0]?.inFlight).toBe(0);
  } finally {
    await bench.close();
  }
}, 180_000);
