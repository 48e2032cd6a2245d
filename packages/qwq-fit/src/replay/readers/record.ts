import type { FaultKind } from "../trace/trace-faults.ts";
import type { ReadRequest } from "../trace/trace-store.ts";

/** A parsed line. */
export type Row = Readonly<Record<string, unknown>>;

/** What a reader makes of a row: requests, or why there are none. */
export type RowAnswer =
  | { readonly kind: "requests"; readonly requests: readonly ReadRequest[] }
  | { readonly kind: "fault"; readonly fault: FaultKind; readonly message: string };

/** Raised inside a reader and caught where rows are read. */
export class RowFault extends Error {
  readonly fault: FaultKind;
  constructor(fault: FaultKind, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** More tokens than any model takes: a count above is an error, not a request. */
const MOST_TOKENS = 10_000_000;
/** The last time that a `Date` knows (ECMA-262, time values). */
const LAST_MS = 8.64e15;

export const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The first of these fields that is there and not null, with its name. */
export function field(row: Row, ...names: readonly string[]): readonly [string, unknown] | null {
  for (const name of names) {
    const value = row[name];
    if (value !== undefined && value !== null) return [name, value];
  }
  return null;
}

/** A count of tokens; null where none of the fields is there. */
export function tokens(row: Row, ...names: readonly string[]): number | null {
  const found = field(row, ...names);
  if (found === null) return null;
  const [name, told] = found;
  const value = typeof told === "string" && /^\d{1,12}$/u.test(told) ? Number(told) : told;
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new RowFault("not_a_number", `${name} is no number`);
  }
  if (value < 0) throw new RowFault("negative", `${name} is ${value}`);
  if (value > MOST_TOKENS) throw new RowFault("too_large", `${name} is ${value}`);
  return Math.round(value);
}

/** {@link tokens} of a field that must be there. */
export function neededTokens(row: Row, ...names: readonly string[]): number {
  const found = tokens(row, ...names);
  if (found === null) throw new RowFault("missing_field", `${names[0]} is missing`);
  return found;
}

/** "2026-11-23 10:00:00.5" without a zone is UTC, as Langfuse and LiteLLM write it. */
function parseTime(text: string): number {
  const plain = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?$/u.exec(text.trim());
  if (plain === null) return Date.parse(text);
  const [, day, time, fraction = "0"] = plain;
  return Date.parse(`${day}T${time}Z`) + Number(`0.${fraction}`) * 1000;
}

/**
 * A time in ms, from a number of this unit or a text with a date.
 *
 * @param unit - Ms of one, for numbers.
 */
export function timeMs(row: Row, unit: number, ...names: readonly string[]): number {
  const found = field(row, ...names);
  if (found === null) throw new RowFault("missing_field", `${names[0]} is missing`);
  const [name, value] = found;
  const ms =
    typeof value === "number" ? value * unit : typeof value === "string" ? parseTime(value) : NaN;
  if (!Number.isFinite(ms)) throw new RowFault("bad_time", `${name} is no time`);
  if (ms < 0) throw new RowFault("negative", `${name} is ${String(value)}`);
  if (ms > LAST_MS) throw new RowFault("too_large", `${name} is ${String(value)}`);
  return ms;
}

/** A text or number of one of these fields, as a key. */
export function keyOf(row: Row, ...names: readonly string[]): string | null {
  const found = field(row, ...names);
  if (found === null) return null;
  const [, value] = found;
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

/** One request; a row without any token is none. */
export function oneRequest(request: ReadRequest): RowAnswer {
  const { promptTokens, reasoningTokens, answerTokens } = request;
  if (promptTokens + reasoningTokens + answerTokens === 0) {
    throw new RowFault("no_tokens", "it has no tokens");
  }
  return { kind: "requests", requests: [request] };
}

/** A row that is no request, and what it is. */
export const notARequest = (message: string): RowAnswer => ({
  kind: "fault",
  fault: "not_a_request",
  message,
});
