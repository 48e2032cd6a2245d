import { GiB } from "@qwq-fit/schema";
import type { Estimate } from "@qwq-fit/schema";

/** Three significant digits at most, no exponent: 0.0021, 1.22, 12.3, 1,234. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return whole(value);
  if (size >= 10) return value.toFixed(1).replace(/\.0$/u, "");
  if (size >= 1 || value === 0) return String(Number(value.toFixed(2)));
  return String(Number(value.toPrecision(2)));
}

/** Whole numbers with thousands grouped: 4,608. By hand: Intl takes 15 ms of a cold start. */
export function whole(value: number): string {
  return value.toFixed(0).replaceAll(/\B(?=(?:\d{3})+$)/gu, ",");
}

/** Bytes as GiB, one decimal: "18.5". */
export function gib(bytes: number): string {
  const value = bytes / GiB;
  return value > 0 && value < 0.05 ? "0.1" : value.toFixed(1);
}

/** Tokens as people say them: 16384 is "16k", 1000 is "1,000". */
export function tokens(count: number): string {
  return count >= 1024 && count % 1024 === 0 ? `${whole(count / 1024)}k` : whole(count);
}

/** "1.2 (0.9–1.6)". */
export function range(estimate: Estimate): string {
  return `${short(estimate.expected)} (${short(estimate.low)}–${short(estimate.high)})`;
}

/** US dollars: "$0.0021", "$4,999". */
export function usd(value: number): string {
  return `$${short(value)}`;
}

const STEPS = [
  { unit: "h", ms: 3_600_000, from: 5_400_000 },
  { unit: "min", ms: 60_000, from: 90_000 },
  { unit: "s", ms: 1000, from: 1000 },
  { unit: "ms", ms: 1, from: 0 },
] as const;

/** A duration in the unit that suits it: "2.3 h", "8.1 s". */
export function lasting(ms: number): string {
  const step = STEPS.find(({ from }) => ms >= from) ?? STEPS[3];
  return `${short(Number((ms / step.ms).toPrecision(2)))} ${step.unit}`;
}

/** A duration and its range in the unit that suits it: "63 min (50–90)". */
export function duration(estimate: Estimate): string {
  const step = STEPS.find(({ from }) => estimate.expected >= from) ?? STEPS[3];
  const told = (ms: number): string => short(Number((ms / step.ms).toPrecision(2)));
  return `${told(estimate.expected)} ${step.unit} (${told(estimate.low)}–${told(estimate.high)})`;
}
