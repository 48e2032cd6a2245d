import type { ChatCompletion } from "@qwq-fit/wire";
import { readErrorBody } from "@qwq-fit/wire";
import { type Failure, nodeFailure } from "./failure.ts";

/**
 * The body's text; null where it passes `limit` bytes.
 * @throws whatever reading throws: a cut body, an abort.
 */
export async function readAnswerText(
  response: Response,
  limit: number,
  signal: AbortSignal,
): Promise<string | null> {
  if (response.body === null) return "";
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

export type ParsedAnswer =
  | { readonly ok: true; readonly completion: ChatCompletion }
  | { readonly ok: false; readonly failure: Failure };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether the value is a whole answer of this API: each choice has a message (or text) and its end. */
function isAnswer(value: Readonly<Record<string, unknown>>, api: string): boolean {
  if (api === "embeddings") return Array.isArray(value["data"]);
  const choices = value["choices"];
  if (!Array.isArray(choices) || choices.length === 0) return false;
  return choices.every(
    (choice: unknown) =>
      isObject(choice) &&
      typeof choice["finish_reason"] === "string" &&
      (api === "completions" ? typeof choice["text"] === "string" : isObject(choice["message"])),
  );
}

/** Reads an answer without a stream. A cut body is no JSON; an error in a 200 is an error. */
export function parseAnswer(
  text: string,
  api: "chat" | "completions" | "embeddings",
): ParsedAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, failure: nodeFailure("protocol_error") };
  }
  if (isObject(value) && value["error"] !== undefined && value["error"] !== null) {
    const told = readErrorBody(value);
    return {
      ok: false,
      failure: nodeFailure(told.code === "saturated" ? "saturated" : "upstream_error"),
    };
  }
  if (!isObject(value) || !isAnswer(value, api)) {
    return { ok: false, failure: nodeFailure("protocol_error") };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as far as it is read; the rest passes through
  return { ok: true, completion: value as unknown as ChatCompletion };
}
