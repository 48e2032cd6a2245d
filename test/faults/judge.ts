import type { AnswerSource } from "../support/answer-source.ts";
import type { Seen } from "../support/read-answer.ts";

/**
 * What is wrong with an outcome, or null. A success is the whole text, once, with its end; anything else
 * must say that it failed, and what was shown by then must be the beginning of the text.
 */
export function judge(source: AnswerSource, mode: string, seen: Seen): string | null {
  const thought = source.thought.join("");
  const answer = source.answer.join("");
  if (seen.raw.includes("secret inner text")) return "a node's own text reached the caller";
  if (seen.broke) return "the connection broke instead of telling";
  if (seen.status !== 200) return seen.error === null ? "an error status without an error" : null;
  if (seen.done) {
    if (seen.error !== null) return "an error and [DONE]";
    if (seen.finish === null) return "[DONE] without a finish reason";
    if (seen.thought !== thought) return "a success with another thought";
    if (seen.answer !== answer) return "a success with another answer";
    return null;
  }
  if (seen.error === null) return "a clean end without [DONE] and without an error";
  if (!thought.startsWith(seen.thought)) return "lost or doubled tokens in the thought";
  if (!answer.startsWith(seen.answer)) return "lost or doubled tokens in the answer";
  if (seen.answer !== "" && seen.thought !== thought)
    return "an answer before its thought was whole";
  if (mode === "hold" && seen.thought + seen.answer !== "") return "a part was shown while holding";
  return null;
}
