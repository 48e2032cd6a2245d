import type { Terminal } from "./terminal.ts";
import { pad, widthOf, wrap } from "./width.ts";

/** A line of a row. It is wrapped before it is painted, unless it stands as it is: a bar, a command, a column. */
export interface Line {
  readonly text: string;
  readonly paint?: (text: string) => string;
  readonly verbatim?: boolean;
}

/** One labelled row of a view. */
export interface Row {
  readonly label: string;
  readonly lines: readonly (string | Line)[];
}

/** A separator at the edge of a wrapped line separates nothing. */
const EDGE = /^· | ·$/gu;

/** Holds a phrase together when its line is wrapped; drawn as a space. */
const TOGETHER = "\u00A0";

/** Phrases with a separator between them, broken between phrases only where they fit a line. */
export function joinPhrases(phrases: readonly string[]): string {
  return phrases.map((phrase) => phrase.replaceAll(" ", TOGETHER)).join(" · ");
}

function drawLine(line: Line, columns: number): string[] {
  const { text, paint = (plain: string): string => plain, verbatim = false } = line;
  if (verbatim) return [paint(text)];
  return wrap(text, columns).map((part) =>
    paint(part.replaceAll(EDGE, "").replaceAll(TOGETHER, " ")),
  );
}

/** Rows with their labels in one column, wrapped to the terminal; an empty row is an empty line. */
export function drawSheet(rows: readonly (Row | null)[], { colours, columns }: Terminal): string {
  const indent = Math.max(...rows.map((row) => (row === null ? 0 : widthOf(row.label)))) + 2;
  const drawn = rows.flatMap((row) => {
    if (row === null) return [""];
    const lines = row.lines.flatMap((line) =>
      drawLine(typeof line === "string" ? { text: line } : line, columns - indent),
    );
    return lines.map((line, index) => {
      const label = index === 0 && row.label !== "" ? colours.dim(pad(row.label, indent)) : "";
      return `${label === "" ? " ".repeat(indent) : label}${line}`.trimEnd();
    });
  });
  return `${drawn.join("\n")}\n`;
}
