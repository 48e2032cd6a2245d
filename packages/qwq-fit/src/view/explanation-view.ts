import type { Explanation } from "@qwq-fit/schema";
import type { Text } from "../text/text.ts";
import { joinPhrases } from "./sheet.ts";
import type { Row } from "./sheet.ts";

function linesOf({ quantity, formula, inputs, source }: Explanation): string[] {
  const given = Object.entries(inputs).map(([name, value]) => `${name} = ${String(value)}`);
  return [`${quantity} = ${formula}`, joinPhrases(given), `(${source})`];
}

/** Numbers with their formulas, inputs and sources. */
export function explanationRows(explanations: readonly Explanation[], text: Text): (Row | null)[] {
  return [
    null,
    { label: text.labels.why, lines: [text.explained(explanations.length)] },
    ...explanations.flatMap((one) => [null, { label: "", lines: linesOf(one) }]),
  ];
}
