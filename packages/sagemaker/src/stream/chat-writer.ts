import { chunksOf, DONE_EVENT, encodeSseJson } from "@qwq-fit/wire";
import { type AnswerHead, type ContainerData, readContainerData } from "./container-data.ts";
import { errorEvent } from "../errors/refusal.ts";

/** What the answer's chunks are told with, where the container's own stream does not say. */
export interface StreamAbout {
  readonly contentType: string;
  /** Usage was asked for. */
  readonly includeUsage: boolean;
  readonly head: AnswerHead;
}

/** Writes one answer as OpenAI's events, from pieces of any container's form. */
export interface ChatWriter {
  /** The events for one piece; `raw` is how OpenAI's own chunk is passed on. Null: the stream is broken here. */
  write(value: unknown, raw: () => string): string | null;
  /** The end, after the last piece: `[DONE]` where the answer told why it ended, else nothing. */
  end(): string;
  readonly finished: boolean;
}

/** A writer for one answer. */
export function createChatWriter(about: StreamAbout): ChatWriter {
  let finished = false;
  let begun = false;
  let usage: object | null = null;
  const chunk = (delta: object, finish: string | null): string =>
    encodeSseJson({
      ...about.head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const token = (data: ContainerData & { readonly kind: "token" }): string => {
    const role = begun ? {} : { role: "assistant" };
    begun = true;
    const text =
      data.text === "" && !("role" in role) ? "" : chunk({ ...role, content: data.text }, null);
    if (data.finish === null) return text;
    finished = true;
    if (data.outputTokens !== null) {
      const prompt = data.promptTokens ?? 0;
      usage = {
        prompt_tokens: prompt,
        completion_tokens: data.outputTokens,
        total_tokens: prompt + data.outputTokens,
      };
    }
    return text + chunk({}, data.finish);
  };
  return {
    get finished() {
      return finished;
    },
    write: (value, raw) => {
      const data = readContainerData(value, about.head);
      switch (data.kind) {
        case "chunk":
          finished ||= data.finished;
          return raw();
        case "token":
          return token(data);
        case "whole": {
          // LMI and TGI tell the whole text once more behind its tokens.
          if (begun) return "";
          finished = data.completion.choices.every((choice) => choice.finish_reason !== null);
          const { includeUsage } = about;
          return chunksOf(data.completion, { includeUsage })
            .map((one) => encodeSseJson(one))
            .join("");
        }
        case "error":
        case "malformed":
          return null;
      }
    },
    end: () => {
      if (!finished) return "";
      const told =
        usage === null || !about.includeUsage
          ? ""
          : encodeSseJson({
              ...about.head,
              object: "chat.completion.chunk",
              choices: [],
              usage,
            });
      return told + DONE_EVENT;
    },
  };
}

/** The event that tells of a failure in our words. */
export const brokenBy = (code: string): string =>
  errorEvent(code, TOLD[code] ?? "the endpoint failed");

const TOLD: Readonly<Record<string, string>> = {
  timeout: "the model did not answer in time",
  stream_interrupted: "the stream ended before the answer was whole",
  protocol_error: "the endpoint sent what cannot be read",
  aborted: "aborted",
};
