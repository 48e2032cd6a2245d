import type { FaultBook } from "./trace-faults.ts";
import { type Line, LONGEST_LINE_BYTES } from "./split-lines.ts";

/** A row of a table as an object of its columns. */
export interface CsvRow {
  readonly value: Readonly<Record<string, unknown>>;
  /** On which it begins. */
  readonly line: number;
}

/** Takes a table's lines and gives its rows; what is no row goes to the book of faults. */
export interface CsvReader {
  push(line: Line): CsvRow | null;
  /** What the last lines were, where a quote is open. */
  end(): void;
}

const DELIMITERS = [",", ";", "\t"] as const;
/** A table of requests has one of these columns; the names are those of the readers (../readers). */
const TIMES = /^(?:arrival(?:ms|_ms|time|_time)?|start_?time)$/iu;
const NUMBER = /^-?\d{1,18}(?:\.\d{1,18})?$/u;

/** Fields of a row as RFC 4180 has it: quotes around a field, two of them for one within; null where a quote is open. */
function fieldsOf(text: string, delimiter: string): string[] | null {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at);
      fields.push(text.slice(at, end < 0 ? text.length : end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let field = "";
    for (;;) {
      const end = text.indexOf('"', at + 1);
      if (end < 0) return null;
      field += text.slice(at + 1, end);
      at = end + 1;
      if (text[at] !== '"') break;
      field += '"';
    }
    // What stands between a quote's end and the delimiter belongs to the field.
    const end = text.indexOf(delimiter, at);
    fields.push(field + text.slice(at, end < 0 ? text.length : end));
    if (end < 0) return fields;
    at = end + 1;
  }
}

function quotesIn(text: string): number {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++;
  return quotes;
}

/** Numbers as numbers; an empty field is none. */
function valueOf(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  return NUMBER.test(trimmed) ? Number(trimmed) : text;
}

/** A reader where this first line is the header of a table of requests; null where it is not. */
export function openCsv(first: Line, book: FaultBook): CsvReader | null {
  const text = first.text ?? "";
  if (/^\s*[[{]/u.test(text)) return null;
  for (const delimiter of DELIMITERS) {
    const names = fieldsOf(text, delimiter)?.map((name) => name.trim()) ?? [];
    if (names.length > 1 && names.some((name) => TIMES.test(name))) {
      return createReader(names, delimiter, first.number, book);
    }
  }
  return null;
}

function createReader(
  names: readonly string[],
  delimiter: string,
  header: number,
  book: FaultBook,
): CsvReader {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const message = `the column ${twice} stands in it twice; the first is read`;
    book.add({ line: header, kind: "duplicate_key", message });
  }
  /** Lines of a row in which a quote is open. */
  let open: { line: number; texts: string[]; bytes: number } | null = null;
  const rowOf = (fields: readonly string[], line: number): CsvRow | null => {
    if (fields.length !== names.length) {
      const message = `it has ${fields.length} fields, the header ${names.length}`;
      book.add({ line, kind: "broken_csv", message });
      return null;
    }
    // The first of two columns is written last, so that it stays.
    const entries = names.map((name, i): [string, unknown] => [name, valueOf(fields[i] ?? "")]);
    return { value: Object.fromEntries(entries.toReversed()), line };
  };
  return {
    push: ({ number, text, bytes }) => {
      if (text === null || (open?.bytes ?? 0) + bytes > LONGEST_LINE_BYTES) {
        const line = open?.line ?? number;
        const all = (open?.bytes ?? 0) + bytes;
        open = null;
        const message = `a row of ${all} bytes; at most ${LONGEST_LINE_BYTES} are read`;
        book.add({ line, kind: "line_too_long", message });
        return null;
      }
      if (open === null && text.trim() === "") return null;
      if (open === null) {
        const fields = fieldsOf(text, delimiter);
        if (fields !== null) return rowOf(fields, number);
        open = { line: number, texts: [text], bytes: bytes + 1 };
        return null;
      }
      open.texts.push(text);
      open.bytes += bytes + 1;
      // Two quotes are one within the field, or end it and begin another; so a row is taken apart twice at the most.
      if (quotesIn(text) % 2 === 0) return null;
      const { line, texts } = open;
      open = null;
      const fields = fieldsOf(texts.join("\n"), delimiter);
      if (fields !== null) return rowOf(fields, line);
      book.add({ line, kind: "broken_csv", message: "a quote is not closed" });
      return null;
    },
    end: () => {
      if (open !== null) {
        book.add({ line: open.line, kind: "broken_csv", message: "a quote is not closed" });
      }
    },
  };
}
