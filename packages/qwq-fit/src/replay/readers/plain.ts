import {
  field,
  keyOf,
  neededTokens,
  oneRequest,
  type Row,
  type RowAnswer,
  timeMs,
  tokens,
} from "./record.ts";

const TIMES = ["arrivalMs", "arrival", "arrivalTime", "arrival_ms", "arrival_time"] as const;
const PROMPT = ["promptTokens", "prompt_tokens"] as const;

/** Whether a row is of our own format (profiles/schemas/replay-request.schema.json). */
export const isPlain = (row: Row): boolean =>
  field(row, ...TIMES) !== null && field(row, "event") === null;

/** One that is meant so, but tells no time. */
export const isTimeless = (row: Row): boolean => field(row, ...PROMPT) !== null;

/** Our own format: arrival in ms or as a date, and counts of tokens. */
export function readPlain(row: Row): RowAnswer {
  const prefixKey = keyOf(row, "prefixKey", "prefix_key");
  return oneRequest({
    arrivalMs: timeMs(row, 1, ...TIMES),
    promptTokens: neededTokens(row, ...PROMPT),
    reasoningTokens: tokens(row, "reasoningTokens", "reasoning_tokens") ?? 0,
    answerTokens: neededTokens(row, "answerTokens", "answer_tokens"),
    prefixKey,
    prefixTokens: prefixKey === null ? 0 : tokens(row, "prefixTokens", "prefix_tokens"),
  });
}
