import { isRow } from "../readers/record.ts";
import { hasDuplicateKey } from "./duplicate-key.ts";
import type { Line } from "./split-lines.ts";
import type { FaultBook } from "./trace-faults.ts";

/** A whole document is held in memory: exports above this come as lines. */
const LONGEST_DOCUMENT = 256 * 1024 * 1024;

/**
 * Rows of a JSON document over several lines: the elements of an array, those of its `data`, or the document itself. The
 * line told of a row is that on which the document begins.
 */
export function* rowsOfDocument(
  lines: readonly Line[],
  book: FaultBook,
): Generator<{ readonly value: unknown; readonly line: number }> {
  const first = lines[0]?.number ?? 1;
  let length = 0;
  for (const { text, number, bytes } of lines) {
    length += bytes;
    if (text !== null && length <= LONGEST_DOCUMENT) continue;
    book.add({ line: number, kind: "line_too_long", message: `a document of ${length} bytes` });
    return;
  }
  const text = lines.map((line) => line.text).join("\n");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const told = error instanceof Error ? error.message : "";
    const line = /line (\d+)/u.exec(told)?.[1];
    book.add({
      line: line === undefined ? first : Number(line),
      kind: "broken_json",
      message: "the document is no JSON",
    });
    return;
  }
  if (hasDuplicateKey(text, value)) {
    book.add({ line: first, kind: "duplicate_key", message: "a key stands in it twice" });
    return;
  }
  const data = isRow(value) && value["object"] !== "page" ? value["data"] : value;
  const rows: readonly unknown[] = Array.isArray(data) ? data : [value];
  for (const row of rows) yield { value: row, line: first };
}
