import {
  field,
  isRow,
  keyOf,
  neededTokens,
  notARequest,
  oneRequest,
  type Row,
  type RowAnswer,
  RowFault,
  timeMs,
  tokens,
} from "./record.ts";

/** Whether a row is a line of our router's log (packages/router/src/api/serve.ts, `record`), or a Worker's with such in it. */
export const isRouterLog = (row: Row): boolean =>
  typeof row["event"] === "string" || Array.isArray(row["logs"]);

function readLine(row: Row, endMs: number | null): RowAnswer {
  if (row["event"] !== "request") return notARequest(`an event "${String(row["event"])}"`);
  const arrivalMs =
    endMs === null || field(row, "arrivalMs") !== null
      ? timeMs(row, 1, "arrivalMs")
      : endMs - timeMs(row, 1, "totalMs");
  if (field(row, "promptTokens") === null && field(row, "outputTokens") === null) {
    throw new RowFault("no_tokens", "the node told no tokens");
  }
  return oneRequest({
    arrivalMs,
    promptTokens: neededTokens(row, "promptTokens"),
    reasoningTokens: tokens(row, "reasoningTokens") ?? 0,
    answerTokens: tokens(row, "outputTokens") ?? 0,
    prefixKey: keyOf(row, "prefixKey"),
    prefixTokens: null,
  });
}

/** A Worker's trace as `wrangler tail --format json` prints it: its messages are our lines, with the time of each. */
function readTail(logs: readonly unknown[]): RowAnswer {
  const requests = logs.flatMap((log) => {
    if (!isRow(log) || !Array.isArray(log["message"])) return [];
    const endMs = timeMs(log, 1, "timestamp");
    return log["message"].flatMap((text: unknown) => {
      if (typeof text !== "string" || !text.startsWith("{")) return [];
      const row: unknown = JSON.parse(text);
      if (!isRow(row)) return [];
      const answer = readLine(row, endMs);
      return answer.kind === "requests" ? answer.requests : [];
    });
  });
  return requests.length === 0 ? notARequest("no request in it") : { kind: "requests", requests };
}

/** Our router's log: `qwq-fit router --json`, the Worker's `console.log`, or its tail. */
export function readRouterLog(row: Row): RowAnswer {
  const logs = row["logs"];
  return Array.isArray(logs) ? readTail(logs) : readLine(row, null);
}
