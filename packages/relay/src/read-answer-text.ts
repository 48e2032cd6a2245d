import type { UpstreamAnswer } from "./ports.ts";

/**
 * The body's text; null where it passes `limit` bytes.
 * @throws whatever reading throws: a cut body, an abort.
 */
export async function readAnswerText(
  response: UpstreamAnswer,
  limit: number,
  signal: AbortSignal,
): Promise<string | null> {
  if (!response.body) {
    // A host without streams (React Native) gives the text alone.
    const text = await response.text();
    return text.length > limit ? null : text;
  }
  const reader = response.body.getReader();
  const stop = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw new Error("aborted");
      if (done) return text + decoder.decode();
      if (value === undefined) continue;
      bytes += value.length;
      if (bytes > limit) {
        stop();
        return null;
      }
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
