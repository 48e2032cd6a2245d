import { expect, test } from "vitest";
import { runClientWall } from "./client-wall.ts";

test("200 requests over a killed engine, a cut node and a failing cloud: no wrong outcome in any mode", async () => {
  const outcomes = await runClientWall(0, 200, 16);
  expect(outcomes.flatMap(({ wrong }) => (wrong === null ? [] : [wrong]))).toEqual([]);
  // A client that always failed would never be wrong.
  const whole = (mode: string): number =>
    outcomes.filter((one) => one.mode === mode && one.whole).length;
  for (const mode of ["error", "continue", "hold"]) expect(whole(mode)).toBeGreaterThan(0);
}, 120_000);
