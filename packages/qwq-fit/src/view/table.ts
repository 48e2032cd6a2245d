import type { Terminal } from "./terminal.ts";
import { pad, widthOf, wrap } from "./width.ts";

const GAP = 2;
/** The first column is broken into lines before it is narrower than this. */
const NARROWEST = 12;

/** Rows under a head, the first column to the left and wrapped where the terminal is narrow, the others to the right. */
export function drawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { colours, columns }: Terminal,
): string {
  const widths = head.map((title, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ""))),
  );
  const others = widths.slice(1).reduce((sum, width) => sum + width + GAP, 0);
  const first = Math.max(NARROWEST, Math.min(widths[0] ?? 0, columns - others));
  const draw = (row: readonly string[]): string[] => {
    const [start = "", ...more] = wrap(row[0] ?? "", first);
    const cells = row.slice(1).map((cell, index) => {
      const width = widths[index + 1] ?? 0;
      return " ".repeat(GAP + width - widthOf(cell)) + cell;
    });
    return [`${pad(start, first)}${cells.join("")}`.trimEnd(), ...more];
  };
  return [...draw(head).map((line) => colours.dim(line)), ...rows.flatMap(draw), ""].join("\n");
}
