import type { SseFrame } from "@qwq-fit/wire";
import type { AttemptRequest } from "./attempt.ts";
import { type Failure, nodeFailure } from "./failure.ts";
import { failureOfStatus } from "./failure-of-status.ts";
import type { UpstreamAnswer } from "./ports.ts";
import { readAnswerText } from "./read-answer-text.ts";
import { framesOfAnswer, parseAnswer } from "./whole-answer.ts";

/** Most of an error body that is read. */
const ERROR_BODY_BYTES = 64 * 1024;

/** What a response is that is no stream: a refusal, or a whole answer as the frames of a stream. */
export async function readUnstreamed(
  response: UpstreamAnswer,
  request: AttemptRequest,
  epochMs: number | undefined,
): Promise<Failure | SseFrame[]> {
  const { signal } = request.abort;
  if (response.status !== 200) {
    const text = await readAnswerText(response, ERROR_BODY_BYTES, signal).catch(() => "");
    return failureOfStatus(response.status, text ?? "", response.headers, epochMs);
  }
  const text = await readAnswerText(response, request.limits.bodyBytes, signal).catch(() => null);
  if (text === null) return nodeFailure("stream_interrupted");
  const answer = parseAnswer(text, "chat");
  if (!answer.ok) return answer.failure;
  if (request.api !== "chat") return nodeFailure("protocol_error");
  return framesOfAnswer(answer.completion, request.includeUsage);
}
