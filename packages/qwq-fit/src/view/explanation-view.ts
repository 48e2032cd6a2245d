import type { Explanation, FitPlan } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import type { Row } from "./sheet.ts";

function linesOf({ quantity, formula, inputs, source }: Explanation): string[] {
  const given = Object.entries(inputs).map(([name, value]) => `${name} = ${String(value)}`);
  return [`${quantity} = ${formula}`, ...given.map((line) => `  ${line}`), `  (${source})`];
}

/** Every number of a plan with its formula, inputs and source. */
export function explanationRows({ explanations }: FitPlan, text: Text): (Row | null)[] {
  return [
    null,
    { label: text.labels.why, lines: [text.explained(explanations.length)] },
    ...explanations.flatMap((one) => [null, { label: "", lines: linesOf(one) }]),
  ];
}
