import type { GenerateResult } from "./types.ts";

/** An end in the words of the SDK 6, to which an interrupted answer is an error. */
export function withoutInterrupted(
  reason: GenerateResult<"interrupted">["finishReason"],
): GenerateResult["finishReason"] {
  const { unified, raw } = reason;
  return { unified: unified === "interrupted" ? "error" : unified, raw };
}
