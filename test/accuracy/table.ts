import type { Validation } from "./fitted.ts";
import type { AccuracySummary, Errors, GroupSummary } from "./summary.ts";

const percent = (value: number | null): string =>
  value === null ? "-" : `${(100 * value).toFixed(1)} %`;

const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

const cells = (name: string, errors: Errors, within: number | null): readonly string[] => [
  name,
  String(errors.rows),
  percent(errors.medianAbsoluteError),
  percent(errors.p90AbsoluteError),
  percent(within),
];

const head = ["", "rows", "median error", "90th percentile", "within range"];

const groupTable = (groups: readonly GroupSummary[], phase: string): string => {
  const lines = groups
    .filter((group) => group.phase === phase)
    .map((group) => cells(`${group.level} ${group.name}`, group, group.withinRange));
  return aligned([head, ...lines]);
};

const schemeTable = (validation: Validation): string =>
  aligned([
    ["", "decode rows", "median", "90th", "prefill rows", "median", "90th"],
    ...Object.entries(validation.schemes).map(([scheme, { decode, prefill }]) => [
      scheme,
      ...[decode, prefill].flatMap((errors) => [
        String(errors.rows),
        percent(errors.medianAbsoluteError),
        percent(errors.p90AbsoluteError),
      ]),
    ]),
  ]);

const withinTable = (validation: Validation): string =>
  aligned([
    ["", "decode", "prefill"],
    ...Object.entries(validation.withinRange).map(([name, { decode, prefill }]) => [
      name,
      percent(decode),
      percent(prefill),
    ]),
  ]);

const mixedTable = ({ mixed }: Validation): string =>
  aligned([
    ["", "decode median", "90th", "within", "prefill median", "90th", "within"],
    ...Object.entries(mixed.parts).map(([name, { decode, prefill }]) => [
      name,
      ...[decode, prefill].flatMap((errors) => [
        percent(errors.medianAbsoluteError),
        percent(errors.p90AbsoluteError),
        percent(errors.withinRange),
      ]),
    ]),
  ]);

/** The summary for people. */
export function tableOf(summary: AccuracySummary, validation: Validation): string {
  const { decode, prefill, baseline, noiseFloor } = summary;
  const whole = aligned([
    head,
    cells("decode", decode, decode.withinRange),
    cells("decode, refused rows included", decode.withRefused, null),
    cells("decode, one constant (0.55)", baseline, null),
    cells("decode, same run by different sources", noiseFloor, null),
    cells("prefill", prefill, prefill.withinRange),
    cells("prefill, refused rows included", prefill.withRefused, null),
  ]);
  const counts =
    `Unresolved: ${decode.unresolved} decode, ${prefill.unresolved} prefill. ` +
    `Refused by a physical limit: ${decode.refused} decode, ${prefill.refused} prefill.`;
  const worst = summary.worst.map(
    (row) =>
      `  ${row.phase} ${row.id}: ${row.hardware}, ${row.model} ${row.quantization}, ${row.engine}: ` +
      `${row.measured} measured, ${row.predicted} predicted (${percent(row.error)}); ${row.reason}`,
  );
  const listed = (rows: readonly { id: string | number; reason: string }[]): string =>
    rows.map(({ id, reason }) => `  ${id}: ${reason}`).join("\n");
  const sections = [
    whole,
    counts,
    `Decode by group\n${groupTable(summary.groups, "decode")}`,
    `Prefill by group\n${groupTable(summary.groups, "prefill")}`,
    `Worst\n${worst.join("\n")}`,
    `Fits of our ${validation.rows} rows, judged by what they had not seen\n${schemeTable(validation)}`,
    `Share within the range, told without the row\n${withinTable(validation)}`,
    `What rows kept aside would say: ${validation.mixed.splits} times some ${Math.round(validation.mixed.rows.decode)} decode and ` +
      `${Math.round(validation.mixed.rows.prefill)} prefill figures were left out of fit and ranges, a third of them on devices that went ` +
      `whole; means\n${mixedTable(validation)}`,
  ];
  if (summary.refused.length > 0) sections.push(`Refused\n${listed(summary.refused)}`);
  if (summary.unresolved.length > 0) sections.push(`Unresolved\n${listed(summary.unresolved)}`);
  return sections.join("\n\n");
}
