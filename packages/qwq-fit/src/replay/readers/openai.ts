import { createRandom } from "@qwq-fit/simulation";
import type { ReadRequest } from "../trace/trace-store.ts";
import {
  field,
  isRow,
  neededTokens,
  notARequest,
  oneRequest,
  type Row,
  type RowAnswer,
  RowFault,
  timeMs,
  tokens,
} from "./record.ts";

/** A row of the dashboard's export, a table: the bucket and its result in one. Buckets without requests have no counts. */
const isExported = (row: Row): boolean =>
  field(row, "start_time_iso") !== null && field(row, "end_time_iso") !== null;

/**
 * Whether a row is of OpenAI: a page or bucket of the usage API, a row of the dashboard's export
 * (`completions_usage_FROM_TO.csv`), a stored completion or a response.
 */
export const isOpenAi = (row: Row): boolean =>
  isExported(row) ||
  row["object"] === "page" ||
  row["object"] === "bucket" ||
  ((row["object"] === "chat.completion" || row["object"] === "response") && isRow(row["usage"]));

/** A bucket's requests above this are an error of the export. */
const MOST_IN_BUCKET = 10_000_000;

/**
 * The requests of one row of a bucket. The export tells how many there were and their tokens together, not when each
 * came nor how long it was: they are spread evenly by chance over the bucket, each of the mean size.
 */
function spread(result: Row, fromMs: number, toMs: number): ReadRequest[] {
  const count = neededTokens({ requests: result["num_model_requests"] }, "requests");
  if (count === 0) return [];
  if (count > MOST_IN_BUCKET) throw new RowFault("too_large", `num_model_requests is ${count}`);
  const total = (name: string): number => {
    const value = result[name] ?? 0;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new RowFault("not_a_number", `${name} is no number`);
    }
    if (value < 0) throw new RowFault("negative", `${name} is ${value}`);
    return value;
  };
  // Checks the mean as any other count.
  const promptTokens = neededTokens({ mean: total("input_tokens") / count }, "mean");
  const answerTokens = neededTokens({ mean: total("output_tokens") / count }, "mean");
  // Results of one bucket must not come at the same times.
  const sizes = Math.imul(promptTokens, 0x9e3779b1) ^ Math.imul(answerTokens, 0x85ebca6b) ^ count;
  const random = createRandom(Math.floor(fromMs / 1000) ^ sizes);
  return Array.from({ length: count }, () => ({
    arrivalMs: fromMs + random.uniform() * (toMs - fromMs),
    promptTokens,
    reasoningTokens: 0,
    answerTokens,
    prefixKey: null,
    prefixTokens: 0,
  })).toSorted((a, b) => a.arrivalMs - b.arrivalMs);
}

function timesOf(row: Row): readonly [fromMs: number, toMs: number] {
  const fromMs = timeMs(row, 1000, "start_time");
  const toMs = timeMs(row, 1000, "end_time");
  if (toMs <= fromMs) throw new RowFault("bad_time", "a bucket ends before it begins");
  return [fromMs, toMs];
}

function readBucket(row: Row): ReadRequest[] {
  const [fromMs, toMs] = timesOf(row);
  const results = field(row, "results", "result")?.[1];
  if (!Array.isArray(results)) throw new RowFault("missing_field", "results is missing");
  return results.flatMap((result: unknown) => {
    if (!isRow(result)) throw new RowFault("not_an_object", "a result is no object");
    return spread(result, fromMs, toMs);
  });
}

/** Usage buckets (platform.openai.com, usage API), stored chat completions, and responses. */
export function readOpenAi(row: Row): RowAnswer {
  if (isExported(row)) {
    const counted = field(row, "num_model_requests") !== null;
    const requests = counted ? spread(row, ...timesOf(row)) : [];
    return requests.length === 0
      ? notARequest("a bucket without requests")
      : { kind: "requests", requests };
  }
  if (row["object"] === "page" || row["object"] === "bucket") {
    const buckets = row["object"] === "page" ? row["data"] : [row];
    if (!Array.isArray(buckets)) throw new RowFault("missing_field", "data is missing");
    const requests = buckets.flatMap((bucket: unknown) => {
      if (!isRow(bucket)) throw new RowFault("not_an_object", "a bucket is no object");
      return readBucket(bucket);
    });
    return requests.length === 0
      ? notARequest("buckets without requests")
      : { kind: "requests", requests };
  }
  const usage = isRow(row["usage"]) ? row["usage"] : {};
  const details = field(usage, "completion_tokens_details", "output_tokens_details")?.[1];
  const output = neededTokens(usage, "completion_tokens", "output_tokens");
  const reasoningTokens = Math.min(
    output,
    isRow(details) ? (tokens(details, "reasoning_tokens") ?? 0) : 0,
  );
  return oneRequest({
    arrivalMs: timeMs(row, 1000, "created", "created_at"),
    promptTokens: neededTokens(usage, "prompt_tokens", "input_tokens"),
    reasoningTokens,
    answerTokens: output - reasoningTokens,
    prefixKey: null,
    prefixTokens: 0,
  });
}
