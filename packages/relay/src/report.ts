import type { OpenStream } from "./attempt.ts";
import type { Failure } from "./failure.ts";
import type { AttemptReport } from "./ports.ts";

/** What a try shows of its node. `stream` is given where a token came. */
export function reportOf(
  node: string,
  model: string,
  outcome: AttemptReport["outcome"],
  failure: Failure | null,
  stream: OpenStream | null = null,
  lastTokenMs: number | null = null,
): AttemptReport {
  const verdict = stream?.watch.verdict() ?? null;
  return {
    node,
    model,
    outcome,
    code: failure?.code ?? null,
    retryAfterMs: failure?.retryAfterMs ?? null,
    timeToFirstTokenMs: stream === null ? null : stream.firstTokenMs - stream.startedMs,
    decodeMs: stream === null || lastTokenMs === null ? null : lastTokenMs - stream.firstTokenMs,
    outputTokens: verdict?.usage?.completion_tokens ?? verdict?.events ?? null,
    promptTokens: verdict?.usage?.prompt_tokens ?? null,
  };
}
