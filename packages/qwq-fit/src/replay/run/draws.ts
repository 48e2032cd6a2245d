import { createRandom } from "@qwq-fit/simulation";
import type { Estimate } from "@qwq-fit/schema";
import type { ReplayNode, SpeedFactors } from "../fleet/replay-node.ts";

/** Factors of one draw, by kind of node. */
export type Draw = ReadonlyMap<string, SpeedFactors>;

/** How many draws: of so many, the second lowest and highest (or the very ones) hold four in five. */
export type DrawCount = 9 | 19 | 39;

/** Every node as fast as expected. */
export const EXPECTED: Draw = new Map();

/** A polynomial's value, its coefficients from the highest. */
const along = (list: readonly number[], x: number): number =>
  list.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** The normal distribution's quantile, by Acklam's rational approximation (relative error 1.15e-9). */
export function normalQuantile(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
    -13.28068155288572,
  ];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
    4.374664141464968, 2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const tail = 0.02425;
  if (p < tail || p > 1 - tail) {
    const q = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
    const value = along(c, q) / (along(d, q) * q + 1);
    return p < tail ? value : -value;
  }
  const q = p - 0.5;
  const r = q * q;
  return (along(a, r) * q) / (along(b, r) * r + 1);
}

/** The factor at this quantile of an estimate around 1 whose range holds `coverage`: log-normal on either side. */
export function factorAt({ low, high, coverage }: Estimate, quantile: number): number {
  const edge = normalQuantile(0.5 + Math.min(0.999, Math.max(0.01, coverage)) / 2);
  const z = normalQuantile(quantile) / edge;
  const side = z < 0 ? 1 / Math.max(1e-6, low) : Math.max(1e-6, high);
  return Math.max(1e-6, side) ** z;
}

/**
 * Seeded draws of how fast each kind of node turns out to be. Latin hypercube: each kind's reading and decoding take every
 * n-th of their range once, in an order of their own, so that few draws cover it.
 */
export function drawFactors(nodes: readonly ReplayNode[], count: number, seed: number): Draw[] {
  const random = createRandom(seed);
  const kinds = new Map(nodes.map((node) => [node.kind, node]));
  const shuffled = (): number[] => {
    const order = Array.from({ length: count }, (_, i) => (i + 0.5) / count);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random.uniform() * (i + 1));
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
    }
    return order;
  };
  const draws = Array.from({ length: count }, () => new Map<string, SpeedFactors>());
  for (const [kind, node] of kinds) {
    const [prefill, decode] = [shuffled(), shuffled()];
    for (const [i, draw] of draws.entries()) {
      draw.set(kind, {
        prefill: factorAt(node.prefillRange, prefill[i] ?? 0.5),
        decode: factorAt(node.decodeRange, decode[i] ?? 0.5),
      });
    }
  }
  return draws;
}

/**
 * An estimate from what the draws gave. The range is between the order statistics that hold four in five of further draws:
 * of 9 the lowest and highest, of 19 the second, of 39 the fourth ((n + 1) / 10).
 */
export function estimateOf(expected: number, drawn: readonly number[]): Estimate {
  const sorted = drawn.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.floor((sorted.length + 1) / 10));
  const low = sorted[rank - 1] ?? expected;
  const high = sorted[sorted.length - rank] ?? expected;
  const coverage = sorted.length < 2 ? 0 : (sorted.length + 1 - 2 * rank) / (sorted.length + 1);
  return {
    low: Math.min(low, expected),
    expected,
    high: Math.max(high, expected),
    coverage,
    method: "predicted",
    sources: [`${sorted.length} draws of the nodes' speeds within their ranges`],
  };
}
