import type { CheckReport, ComparedCase } from "@qwq-fit/schema";
import type { MachinePrice } from "./machine-price.ts";

/** A check as a case of a comparison, with the price of its machine. */
export function toComparedCase(report: CheckReport, price: MachinePrice): ComparedCase {
  const { choice, priceUsd } = { choice: report.choice, priceUsd: price.priceUsd };
  const speed = choice?.decodeTokensPerSecond.expected ?? 0;
  return {
    model: report.model.name,
    hardware: report.hardware.label,
    ...price,
    fits: report.fits,
    usable: report.usable,
    choice,
    shortfall: report.shortfall,
    relative: report.relative,
    usdPerTokenPerSecond: priceUsd === null || speed <= 0 ? null : priceUsd.value / speed,
  };
}
