import type { NodePrice } from "../fleet/replay-node.ts";
import type { NodeRun } from "./run-fleet.ts";

const HOUR_MS = 3_600_000;
const DAYS_PER_MONTH = 365 / 12;
/** A gain below this share of the cloud's cost is none. */
const LEAST_GAIN = 0.001;
const MONTH_MS = DAYS_PER_MONTH * 24 * HOUR_MS;

/** A node's cost a month, USD, by what it is for. A part that nobody knows is null. */
export interface MonthlyCost {
  readonly hardwareUsd: number | null;
  readonly energyUsd: number | null;
  readonly rentUsd: number;
  readonly tokensUsd: number;
}

/**
 * A month in which the trace goes on as it was. `spanMs` is how long the trace lasts, `lastedMs` how long the run did: with
 * more to do than can be done it is longer.
 *
 * - own: `price / (years × 12)`, and `watts × time computing × USD a kWh`
 * - rented: `USD an hour × hours on`
 * - by the token: `prompt × input price + (thinking + answer) × output price`
 */
export function monthlyCost(
  price: NodePrice,
  run: NodeRun,
  spanMs: number,
  lastedMs: number,
): MonthlyCost {
  const none: MonthlyCost = { hardwareUsd: 0, energyUsd: 0, rentUsd: 0, tokensUsd: 0 };
  const { busyMs, onMs } = run.usage;
  const hours = (ms: number): number =>
    (Math.min(1, ms / Math.max(lastedMs, spanMs)) * MONTH_MS) / HOUR_MS;
  switch (price.kind) {
    case "own": {
      const { hardwareUsd, watts, usdPerKwh, years } = price;
      return {
        ...none,
        hardwareUsd: hardwareUsd === null ? null : hardwareUsd / (years * 12),
        energyUsd: watts === null ? null : (watts / 1000) * hours(busyMs) * usdPerKwh,
      };
    }
    case "rented": {
      // On from the first to the last is on all month.
      const onHours = onMs >= lastedMs ? MONTH_MS / HOUR_MS : hours(onMs);
      return { ...none, rentUsd: price.usdPerHour * onHours };
    }
    case "tokens": {
      const { inputUsdPerMillionTokens: input, outputUsdPerMillionTokens: output } = price;
      const usd = (run.promptTokens * input + run.outputTokens * output) / 1e6;
      return { ...none, tokensUsd: (usd * MONTH_MS) / spanMs };
    }
  }
}

const add = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a + b;

/** Costs of several nodes; null where a part of one is not known. */
export function sumCosts(costs: readonly MonthlyCost[]): MonthlyCost {
  return costs.reduce(
    (sum, one) => ({
      hardwareUsd: add(sum.hardwareUsd, one.hardwareUsd),
      energyUsd: add(sum.energyUsd, one.energyUsd),
      rentUsd: sum.rentUsd + one.rentUsd,
      tokensUsd: sum.tokensUsd + one.tokensUsd,
    }),
    { hardwareUsd: 0, energyUsd: 0, rentUsd: 0, tokensUsd: 0 },
  );
}

/** All together; what is not known counts as nothing and is told beside. */
export function totalUsd({ hardwareUsd, energyUsd, rentUsd, tokensUsd }: MonthlyCost): number {
  return (hardwareUsd ?? 0) + (energyUsd ?? 0) + rentUsd + tokensUsd;
}

/** When a way with costs of its own is cheaper than a cloud that is paid by the request. */
export interface BreakEven {
  /** The cloud that it is held against. */
  readonly against: string;
  readonly cloudUsdPerMonth: number;
  /** Requests a day, of this trace's sizes, from which it is cheaper; null where it never is, or has no cost of its own. */
  readonly requestsPerDay: number | null;
  /** Months after which what was bought is paid back at this traffic; null where never, or nothing was bought. */
  readonly paidBackMonths: number | null;
}

/** @param purchaseUsd - What the own machines cost; null where that is not known. */
export function breakEven(
  cost: MonthlyCost,
  purchaseUsd: number | null,
  requestsPerMonth: number,
  cloud: { readonly name: string; readonly usdPerMonth: number },
): BreakEven {
  const fixedUsd = (cost.hardwareUsd ?? 0) + cost.rentUsd;
  const variableUsd = (cost.energyUsd ?? 0) + cost.tokensUsd;
  const gainUsd = cloud.usdPerMonth - variableUsd;
  const perRequest = gainUsd / requestsPerMonth;
  const savedUsd = gainUsd - cost.rentUsd;
  // What is left of two like sums is rounding, no gain.
  const leastUsd = cloud.usdPerMonth * LEAST_GAIN;
  return {
    against: cloud.name,
    cloudUsdPerMonth: cloud.usdPerMonth,
    requestsPerDay:
      fixedUsd > 0 && gainUsd > leastUsd && cost.hardwareUsd !== null
        ? fixedUsd / perRequest / DAYS_PER_MONTH
        : null,
    paidBackMonths:
      purchaseUsd === null || purchaseUsd === 0 || savedUsd <= leastUsd
        ? null
        : purchaseUsd / savedUsd,
  };
}
