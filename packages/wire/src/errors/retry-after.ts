/** Headers as `Headers` or anything with its `get`. */
export interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long to wait before the next try, in ms, or null where nothing is said. Reads
 * `retry-after-ms` (OpenAI), then `retry-after` as seconds or as a date (RFC 9110, 10.2.3).
 */
export function retryAfterMs(headers: HeaderReader, nowMs: number): number | null {
  const inMs = decimal(headers.get("retry-after-ms"));
  if (inMs !== null) return inMs;
  const text = headers.get("retry-after");
  const seconds = decimal(text);
  if (seconds !== null) return seconds * 1000;
  if (text === null) return null;
  // A date starts with the day's name; `Date.parse` alone would take "-5" for a year.
  const date = /^[A-Za-z]{3,9},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

function decimal(text: string | null): number | null {
  return text !== null && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}
