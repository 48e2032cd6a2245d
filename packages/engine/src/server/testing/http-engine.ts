import { QwqError } from "@qwq-fit/schema";
import type { Engine } from "../../engine.ts";
import type { GenerateEvent } from "../../generate-events.ts";
import type { GenerateRequest } from "../../generate-request.ts";
import { createScriptedEngine } from "../../testing/scripted-engine.ts";
import { streamAnswer } from "../chat/stream-answer.ts";

/** A server as an `Engine`, for tests that run over either: chats only, thoughts put back into tags. */
export function createHttpEngine(baseUrl: string): Engine {
  const target = { baseUrl, apiKey: null, model: "scripted", fetch };

  async function* generate(
    request: GenerateRequest,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    if (request.prompt.kind !== "chat") throw new QwqError("unsupported_combination", "chats only");
    const settings = {
      temperature: request.sampling?.temperature,
      max_tokens: request.maxTokens,
      stop: request.stop,
    };
    let closed = false;
    const messages = request.prompt.messages.map(({ role, content }) => ({ role, content }));
    for await (const part of streamAnswer(target, messages, settings, signal)) {
      const counts = part.kind === "end" ? part.usage : null;
      const thought = counts?.completion_tokens_details?.reasoning_tokens ?? 0;
      const closes = part.kind === "content" || (counts?.completion_tokens ?? 0) > thought;
      if (closes && !closed) {
        closed = true;
        yield { type: "token", text: "</think>", tokenIds: [] };
        throwIfAborted(signal);
      }
      if (part.kind !== "end") yield { type: "token", text: part.text, tokenIds: [] };
      throwIfAborted(signal);
    }
  }

  return { ...createScriptedEngine(), generate };
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new QwqError("aborted", "stopped");
}
