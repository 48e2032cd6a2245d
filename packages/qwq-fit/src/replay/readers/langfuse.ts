import {
  field,
  isRow,
  keyOf,
  notARequest,
  oneRequest,
  type Row,
  type RowAnswer,
  RowFault,
  timeMs,
  tokens,
} from "./record.ts";

/**
 * Whether a row is an observation of Langfuse: its API and UI exports write camel case, its blob storage export snake case
 * (langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields).
 */
export const isLangfuse = (row: Row): boolean =>
  field(row, "traceId", "trace_id") !== null &&
  field(row, "startTime", "start_time") !== null &&
  field(row, "type") !== null;

function usageOf(row: Row): Row {
  const found = field(row, "usageDetails", "usage_details", "usage");
  const value = found?.[1];
  if (typeof value === "string" && value.startsWith("{")) {
    const parsed: unknown = JSON.parse(value);
    return isRow(parsed) ? parsed : {};
  }
  return isRow(value) ? value : {};
}

/** Sum of the counts whose names begin so, as details stand beside what they are no part of. */
function sumOf(usage: Row, start: string, but: RegExp): number {
  let sum = 0;
  for (const name of Object.keys(usage)) {
    if (name.startsWith(start) && !but.test(name)) sum += tokens(usage, name) ?? 0;
  }
  return sum;
}

const REASONING = /reasoning|thinking/u;

/** Generations; spans and events are told as no requests. */
export function readLangfuse(row: Row): RowAnswer {
  const type = String(row["type"]);
  if (type.toUpperCase() !== "GENERATION") return notARequest(`an observation of type ${type}`);
  const usage = usageOf(row);
  const prompt =
    sumOf(usage, "input", /cost/iu) ||
    (tokens(usage, "promptTokens") ??
      tokens(row, "promptTokens", "prompt_tokens", "inputUsage") ??
      0);
  const output =
    sumOf(usage, "output", REASONING) ||
    (tokens(usage, "completionTokens") ??
      tokens(row, "completionTokens", "completion_tokens", "outputUsage") ??
      0);
  if (prompt + output === 0) throw new RowFault("no_tokens", "its usage is not told");
  const reasoning = Object.keys(usage)
    .filter((name) => REASONING.test(name))
    .reduce((sum, name) => sum + (tokens(usage, name) ?? 0), 0);
  // With a total one sees whether thoughts are counted beside the output or in it.
  const total = tokens(usage, "total") ?? tokens(row, "totalTokens", "total_tokens");
  const within = total === null ? false : prompt + output + reasoning > total;
  return oneRequest({
    arrivalMs: timeMs(row, 1000, "startTime", "start_time"),
    promptTokens: prompt,
    reasoningTokens: reasoning,
    answerTokens: within ? Math.max(0, output - reasoning) : output,
    prefixKey: keyOf(row, "sessionId", "session_id"),
    prefixTokens: null,
  });
}
