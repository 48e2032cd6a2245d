import {
  field,
  isRow,
  keyOf,
  neededTokens,
  notARequest,
  oneRequest,
  type Row,
  type RowAnswer,
  timeMs,
  tokens,
} from "./record.ts";

/**
 * Whether a row is of LiteLLM: a row of LiteLLM_SpendLogs (`/spend/logs`, the database) or its standard logging payload
 * (docs.litellm.ai/docs/proxy/logging_spec): camel-case times, snake-case tokens.
 */
export const isLiteLlm = (row: Row): boolean =>
  field(row, "startTime", "start_time") !== null &&
  (field(row, "prompt_tokens") !== null || field(row, "call_type") !== null);

const inside = (row: Row, ...path: readonly string[]): Row => {
  let at: unknown = row;
  for (const name of path) {
    if (typeof at === "string" && at.startsWith("{")) at = JSON.parse(at);
    at = isRow(at) ? at[name] : undefined;
  }
  return isRow(at) ? at : {};
};

/** Times are dates in the database and seconds in the payload; completion tokens hold the thoughts. */
export function readLiteLlm(row: Row): RowAnswer {
  const call = row["call_type"];
  if (typeof call === "string" && /embed|image|speech|transcri|moderation|rerank/iu.test(call)) {
    return notARequest(`a call of type "${call}"`);
  }
  if (row["cache_hit"] === true || row["cache_hit"] === "True") {
    return notARequest("answered from LiteLLM's cache");
  }
  const output = neededTokens(row, "completion_tokens");
  const details = [
    inside(row, "metadata", "usage_object", "completion_tokens_details"),
    inside(row, "metadata", "additional_usage_values", "completion_tokens_details"),
    inside(row, "response", "usage", "completion_tokens_details"),
  ];
  const told = details.map((one) => tokens(one, "reasoning_tokens")).find((one) => one !== null);
  const reasoningTokens = Math.min(output, told ?? 0);
  return oneRequest({
    arrivalMs: timeMs(row, 1000, "startTime", "start_time"),
    promptTokens: neededTokens(row, "prompt_tokens"),
    reasoningTokens,
    answerTokens: output - reasoningTokens,
    prefixKey: keyOf(row, "session_id"),
    prefixTokens: null,
  });
}
