import { type Catalog, DEFAULT_WORKLOAD, GiB, type HardwareEntry } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";

import { compareFits } from "./compare-fits.ts";
import { exampleQwq } from "./example-values.ts";
import { planReverse } from "./plan-reverse.ts";

const figure = (value: number): { value: number; source: string } => ({ value, source: "test" });

const card = (
  id: string,
  name: string,
  gib: number,
  gigabytes: number,
  usd: number | null,
): HardwareEntry => ({
  id,
  name,
  aliases: [],
  vendor: "NVIDIA",
  kind: "gpu",
  backends: ["cuda"],
  memoryBytes: [gib * GiB],
  unified: false,
  bandwidthBytesPerSecond: figure(gigabytes * 1e9),
  bandwidthByMemory: [],
  tensorFp16Flops: figure(100e12),
  shaderFp16Flops: null,
  int8Ops: null,
  loadWatts: null,
  priceUsd: usd === null ? null : figure(usd),
  priceCny: null,
  year: null,
  devices: [],
  cores: null,
  chipsPerCard: 1,
  family: "test",
  notes: [],
});

const catalog: Catalog = {
  schemaVersion: 1,
  models: [],
  hardware: [
    card("a", "NVIDIA GeForce RTX 5090", 32, 1792, 2000),
    card("b", "NVIDIA GeForce RTX 3090", 24, 936, 1500),
    card("c", "NVIDIA GeForce RTX 3060", 12, 360, 350),
    card("d", "NVIDIA H100 SXM", 80, 3350, null),
  ],
  tokenPrices: [],
  instancePrices: [],
  electricityUsdPerKwh: figure(0.17),
};

const qwq = exampleQwq();

describe("what machine a model needs", () => {
  const at = (tokensPerSecond: number): readonly (readonly [string, number | null])[] =>
    planReverse(qwq, tokensPerSecond, catalog, DEFAULT_WORKLOAD).map(({ hardware, priceUsd }) => [
      hardware,
      priceUsd?.value ?? null,
    ]);

  test("the cheapest first, of a card the fewest that do, what has no price last", () => {
    const found = at(9);
    const prices = found.map(([, price]) => price ?? Infinity);
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    expect(found).toContainEqual(["2x NVIDIA GeForce RTX 3060", 700]);
    expect(found).toContainEqual(["NVIDIA GeForce RTX 3090", 1500]);
    expect(found.at(-1)).toEqual(["NVIDIA H100 SXM", null]);
  });

  test("every plan is as fast as asked", () => {
    const found = planReverse(qwq, 30, catalog, DEFAULT_WORKLOAD);
    expect(found.length).toBeGreaterThan(0);
    for (const { plan } of found) {
      expect(plan.decodeTokensPerSecond.expected).toBeGreaterThanOrEqual(30);
    }
  });

  test("nothing does what no machine can", () => {
    expect(at(1e6)).toEqual([]);
  });
});

test("machines side by side, with what does not fit and what nobody knows", () => {
  const rows = compareFits(
    ["NVIDIA GeForce RTX 3090", "RTX 3060", "banana"].map((hardware) => ({ model: qwq, hardware })),
    catalog,
    DEFAULT_WORKLOAD,
    { quantizations: ["F16"] },
  );
  expect(
    rows.map(({ known, plan, missingBytes }) => [known, plan === null, missingBytes > 0]),
  ).toEqual([
    [true, true, true],
    [true, true, true],
    [false, true, false],
  ]);
  expect(rows.map(({ priceUsd }) => priceUsd?.value ?? null)).toEqual([1500, null, null]);
});
