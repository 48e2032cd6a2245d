import { describe, expect, test } from "vitest";

import { covers } from "./pareto.ts";
import { type Ranked, scorePlan } from "./score.ts";

const plan = (change: Partial<Ranked> = {}): Ranked => ({
  kld: 0.03,
  tokensPerSecond: 20,
  contextTokens: 16_384,
  ownEngine: true,
  measured: false,
  installed: false,
  unverified: false,
  common: true,
  askedContext: 16_384,
  nativeContext: 32_768,
  ...change,
});

const better = (
  a: Partial<Ranked>,
  b: Partial<Ranked>,
  objective: Parameters<typeof scorePlan>[1] = "balanced",
): boolean => scorePlan(plan(a), objective, 3) > scorePlan(plan(b), objective, 3);

describe("balanced", () => {
  test("speed counts for more below the usable limit than above reading speed", () => {
    const gain = (from: number, to: number): number =>
      scorePlan(plan({ tokensPerSecond: to }), "balanced", 3) -
      scorePlan(plan({ tokensPerSecond: from }), "balanced", 3);
    expect(gain(1, 2)).toBeGreaterThan(gain(6, 12));
    expect(gain(6, 12)).toBeGreaterThan(gain(60, 120));
    expect(gain(60, 120)).toBeGreaterThan(0);
  });

  test("a severe loss is not made up for by speed", () => {
    expect(better({ kld: 0.03 }, { kld: 0.4, tokensPerSecond: 35 })).toBe(true);
  });

  test("a file that is published everywhere before one that may have to be made", () => {
    expect(better({ tokensPerSecond: 20 }, { tokensPerSecond: 23, common: false })).toBe(true);
  });

  test("the context asked for is enough", () => {
    expect(better({}, { contextTokens: 131_072 })).toBe(true);
  });

  test("another engine must be worth its installation, unless it is here", () => {
    const faster = { tokensPerSecond: 24, ownEngine: false };
    expect(better(faster, {})).toBe(false);
    expect(better({ ...faster, installed: true }, {})).toBe(true);
    expect(better({ ...faster, installed: true, unverified: true }, {})).toBe(false);
  });
});

test.each([
  ["quality", { kld: 0.001, tokensPerSecond: 4 }, { kld: 0.03, tokensPerSecond: 30 }],
  ["quality", { kld: 0.03, tokensPerSecond: 4 }, { kld: 0.001, tokensPerSecond: 1 }],
  ["speed", { kld: 0.1, tokensPerSecond: 30 }, { kld: 0.001, tokensPerSecond: 20 }],
  ["speed", { kld: 0.1, tokensPerSecond: 20 }, { kld: 0.5, tokensPerSecond: 40 }],
  ["context", { contextTokens: 65_536, kld: 0.1 }, { contextTokens: 32_768, kld: 0.001 }],
  ["context", { contextTokens: 32_768 }, { contextTokens: 65_536, tokensPerSecond: 1 }],
] as const)("for %s %j is better than %j", (objective, first, second) => {
  expect(better(first, second, objective)).toBe(true);
});

describe("a plan makes another needless", () => {
  const asked = 16_384;

  test("when it is as good in everything", () => {
    expect(covers(plan(), plan({ tokensPerSecond: 18 }), asked)).toBe(true);
    expect(covers(plan(), plan({ tokensPerSecond: 25 }), asked)).toBe(false);
    expect(covers(plan(), plan({ kld: 0.01 }), asked)).toBe(false);
    expect(covers(plan(), plan({ contextTokens: 32_768 }), asked)).toBe(false);
  });

  test("but a larger context not one for just what was asked", () => {
    const large = plan({ contextTokens: 65_536 });
    expect(covers(large, plan(), asked)).toBe(false);
    expect(covers(large, plan({ contextTokens: 32_768 }), asked)).toBe(true);
  });

  test("but a prediction none that was measured", () => {
    const measured = plan({ measured: true, tokensPerSecond: 12 });
    expect(covers(plan(), measured, asked)).toBe(false);
    expect(covers({ ...measured, tokensPerSecond: 13 }, measured, asked)).toBe(true);
  });

  test("another engine's unless that is clearly better", () => {
    const other = plan({ ownEngine: false, tokensPerSecond: 23 });
    expect(covers(plan(), other, asked)).toBe(true);
    expect(covers(plan(), { ...other, tokensPerSecond: 30 }, asked)).toBe(false);
    expect(covers(other, plan(), asked)).toBe(true);
  });
});
