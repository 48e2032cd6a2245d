// Writes the table that the test holds: node test/accuracy/golden.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadFitted } from "./fitted.ts";
import { judgeRows } from "./judge.ts";
import { readMeasurements } from "./measurement-file.ts";
import { type AccuracySummary, summarize } from "./summary.ts";

export const goldenFile: string = join(import.meta.dirname, "golden.json");

/** What is held: the counts, and the errors by phase, vendor and engine, to three decimals. */
export type Golden = Readonly<Record<string, readonly (number | null)[]>>;

const short = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1e3) / 1e3;

const levels = ["vendor", "family", "engine", "backend"];

export function goldenOf(summary: AccuracySummary): Golden {
  const { decode, prefill, baseline, noiseFloor, groups } = summary;
  const line = (errors: typeof baseline, within: number | null = null): (number | null)[] => [
    errors.rows,
    short(errors.medianAbsoluteError),
    short(errors.p90AbsoluteError),
    short(within),
  ];
  return {
    decode: [...line(decode, decode.withinRange), decode.refused, decode.unresolved],
    prefill: [...line(prefill, prefill.withinRange), prefill.refused, prefill.unresolved],
    baseline: line(baseline),
    noiseFloor: line(noiseFloor),
    ...Object.fromEntries(
      groups
        .filter(({ level }) => levels.includes(level))
        .map((group) => [
          `${group.phase} ${group.level} ${group.name}`,
          line(group, group.withinRange),
        ]),
    ),
  };
}

export function currentGolden(): Golden {
  const { catalog, coefficients, measurements } = loadFitted();
  return goldenOf(summarize(judgeRows(readMeasurements(measurements), catalog, coefficients)));
}

if (import.meta.main) writeFileSync(goldenFile, `${JSON.stringify(currentGolden(), null, 2)}\n`);
