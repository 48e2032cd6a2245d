import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import { isRow } from "../readers/record.ts";
import { readRow, type TraceFormat } from "../readers/read-row.ts";
import { hasDuplicateKey } from "./duplicate-key.ts";
import { type CsvReader, openCsv } from "./read-csv.ts";
import { rowsOfDocument } from "./read-document.ts";
import { type Line, LONGEST_LINE_BYTES, splitLines } from "./split-lines.ts";
import { createFaultBook, type FaultBook, type TraceFaults } from "./trace-faults.ts";
import { createTraceStore, type TraceStore } from "./trace-store.ts";

/** A trace in order of arrival, and all that is to be said of how it was read. */
export interface Trace {
  readonly store: TraceStore;
  readonly source: string;
  readonly formats: readonly TraceFormat[];
  readonly lines: number;
  /** Requests that stood before an earlier one. */
  readonly unordered: number;
  readonly faults: TraceFaults;
  readonly notes: readonly string[];
  /** How long it lasts, where that is stated and not seen. */
  readonly spanMs?: number;
}

/** Requests that are replayed at most: 640 MB in columns. */
export const MOST_REQUESTS = 20_000_000;
/** Arrivals this far from the middle one are an error of a clock: two years. */
const FARTHEST_MS = 2 * 366 * 24 * 3_600_000;

interface Reading {
  readonly store: TraceStore;
  readonly book: FaultBook;
  readonly formats: Set<TraceFormat>;
}

function readValue(value: unknown, line: number, { store, book, formats }: Reading): void {
  if (!isRow(value)) {
    book.add({ line, kind: "not_an_object", message: "it is no object" });
    return;
  }
  const answer = readRow(value);
  if (answer.format !== null) formats.add(answer.format);
  if (answer.kind === "fault") {
    book.add({ line, kind: answer.fault, message: answer.message });
    return;
  }
  for (const request of answer.requests) {
    if (store.length < MOST_REQUESTS) store.add(request, line);
    else book.add({ line, kind: "too_many_requests", message: `more than ${MOST_REQUESTS}` });
  }
}

function readLine(line: Line, reading: Reading): void {
  const { book } = reading;
  const { number, text, bytes } = line;
  if (text === null) {
    const message = `it has ${bytes} bytes; at most ${LONGEST_LINE_BYTES} are read`;
    book.add({ line: number, kind: "line_too_long", message });
    return;
  }
  if (text.trim() === "") return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const table = number === 1 && /^[^{["]+[,;\t]/u.test(text);
    const message = `it is no JSON${table ? ", nor the head of a table with a column arrival, arrivalMs or startTime" : ""}`;
    book.add({ line: number, kind: "broken_json", message });
    return;
  }
  if (hasDuplicateKey(text, value)) {
    book.add({ line: number, kind: "duplicate_key", message: "a key stands in it twice" });
    return;
  }
  readValue(value, number, reading);
}

/** Whether the first line opens a document that goes over several lines. */
function opensDocument(line: Line): boolean {
  const text = line.text?.trim() ?? "";
  return text.startsWith("[") || text === "{";
}

/** Reports and drops arrivals that no clock told: with one of them every load and cost would be of centuries. */
function dropFarAway({ store, book }: Reading): void {
  const middle = store.arrivalMs(Math.floor(store.length / 2));
  const isFar = (index: number): boolean => Math.abs(store.arrivalMs(index) - middle) > FARTHEST_MS;
  if (!isFar(0) && !isFar(store.length - 1)) return;
  for (let i = 0; i < store.length; i++) {
    if (!isFar(i)) continue;
    const message = "more than two years from the others";
    book.add({ line: store.line(i), kind: "too_far_away", message });
  }
  store.keep((index) => !isFar(index));
}

/** Reads a trace of lines, a table (CSV), or one JSON document with rows in it, from bytes. */
export async function readTraceFrom(
  chunks: AsyncIterable<Uint8Array>,
  source: string,
): Promise<Trace> {
  const reading: Reading = {
    store: createTraceStore(),
    book: createFaultBook(),
    formats: new Set(),
  };
  const { store, book, formats } = reading;
  let lines = 0;
  let document: Line[] | null = null;
  let table: CsvReader | null = null;
  for await (const batch of splitLines(chunks)) {
    for (const line of batch) {
      if (lines === 0) {
        if (opensDocument(line)) document = [];
        table = openCsv(line, book);
        lines = line.number;
        if (table !== null) continue;
      }
      lines = line.number;
      if (document !== null) document.push(line);
      else if (table === null) readLine(line, reading);
      else {
        const row = table.push(line);
        if (row !== null) readValue(row.value, row.line, reading);
      }
    }
  }
  table?.end();
  if (document !== null) {
    for (const { value, line } of rowsOfDocument(document, book)) readValue(value, line, reading);
  }
  let unordered = store.order();
  if (store.length > 0) dropFarAway(reading);
  unordered += store.order();
  const notes: string[] = [];
  if (unordered > 0)
    notes.push(`${unordered} requests stood out of order and were sorted by arrival`);
  if (formats.has("OpenAI")) {
    notes.push(
      "OpenAI's usage buckets tell sums: times inside a bucket are drawn evenly, sizes are the mean",
    );
  }
  if (formats.has("router log")) {
    notes.push("the router's log counts thoughts and answer together");
  }
  return { store, source, formats: [...formats], lines, unordered, faults: book.faults(), notes };
}

/**
 * Reads a file, or standard input for "-".
 *
 * @throws {QwqError} `file_not_found`.
 */
export async function readTrace(path: string): Promise<Trace> {
  if (path === "-") return readTraceFrom(process.stdin, "standard input");
  const found = await stat(path).catch((error: unknown) => {
    throw new QwqError("file_not_found", `${path} cannot be read`, {
      cause: error,
      hint: "Name a file of requests: JSON lines, CSV, or an export of OpenAI, LiteLLM or Langfuse.",
    });
  });
  if (found.isDirectory()) throw new QwqError("file_not_found", `${path} is a folder`);
  return readTraceFrom(createReadStream(path, { highWaterMark: 1 << 20 }), path);
}
