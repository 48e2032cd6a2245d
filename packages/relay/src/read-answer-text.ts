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
  const declared = Number(response.headers.get("content-length"));
  // Of a declared length all can be asked for at once, as of a host without streams (React Native) it must be.
  if (!response.body || (declared > 0 && declared <= limit)) {
    const text = await response.text();
    if (signal.aborted) throw new Error("aborted");
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
