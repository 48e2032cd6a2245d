import { setImmediate } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { EngineMessage } from "../engine-messages.ts";
import type { Engine, EngineState, RenderedPrompt, TemplateOptions } from "../engine.ts";
import type { EndEvent, GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";
import { scriptedVocabulary } from "./scripted-vocabulary.ts";

export interface ScriptedEngineOptions {
  readonly thoughts?: number;
  readonly words?: number;
  readonly contextTokens?: number;
  readonly slots?: number;
  readonly queue?: number;
  /** Waited for before each token; by default the event loop turns once. */
  readonly tick?: () => Promise<void>;
}

/**
 * The scripted model without an engine: an `Engine` in a few lines for tests of what stands on one. Says a known text,
 * keeps to the interface's rules; samples nothing, enforces no constraint.
 */
export function createScriptedEngine(options: ScriptedEngineOptions = {}): Engine {
  const vocabulary = scriptedVocabulary(options.thoughts ?? 60, options.words ?? 400);
  const contextTokens = options.contextTokens ?? 4096;
  const slots = options.slots ?? 4;
  const tick = options.tick ?? ((): Promise<void> => setImmediate());
  const closing = new AbortController();
  let running = 0;

  const promptTokens = (request: GenerateRequest): number[] => {
    const { prompt } = request;
    if (prompt.kind === "tokens") return [...prompt.tokens];
    if (prompt.kind === "text") return vocabulary.tokenize(prompt.text);
    return vocabulary.tokenize(render(prompt.messages, prompt.template));
  };

  async function* generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent> {
    const stopped = (): boolean => signal?.aborted === true || closing.signal.aborted;
    const throwIfStopped = (): void => {
      if (stopped()) throw new QwqError("aborted", "The request was aborted.");
    };
    throwIfStopped();
    if (running >= slots + (options.queue ?? 0)) {
      throw new QwqError("saturated", "All slots are taken.", { details: { retryAfterMs: 1000 } });
    }
    running++;
    try {
      const prompt = promptTokens(request);
      if (prompt.length >= contextTokens) {
        throw new QwqError("context_too_long", "The prompt is longer than the context.", {
          details: { promptTokens: prompt.length, contextTokens },
        });
      }
      yield { type: "prompt", promptTokens: prompt.length, cachedTokens: 0 };
      const limit = Math.min(request.maxTokens ?? contextTokens, contextTokens - prompt.length);
      const decoder = new TextDecoder();
      const close = vocabulary.tokenize("</think>")[0];
      let thinking = request.reasoning?.open ?? false;
      let [completion, reasoning, forced, pending] = [0, 0, false, ""];
      let token = prompt.at(-1) ?? 0;
      const end = (reason: EndEvent["reason"], stopSequence?: string): EndEvent => ({
        type: "end",
        reason,
        ...(stopSequence === undefined ? {} : { stopSequence }),
        insideThought: thinking,
        thoughtForced: forced,
        usage: {
          promptTokens: prompt.length,
          cachedTokens: 0,
          completionTokens: completion,
          reasoningTokens: reasoning,
        },
        timings: null,
      });
      while (completion < limit) {
        await tick();
        throwIfStopped();
        token = vocabulary.next(token);
        const budget = request.reasoning?.budgetTokens;
        if (thinking && budget !== undefined && reasoning >= budget && token !== close) {
          token = close ?? token;
          forced = true;
        }
        completion++;
        if (token === vocabulary.endId && request.ignoreEnd !== true) {
          if (pending !== "") yield { type: "token", text: pending, tokenIds: [] };
          yield end("stop");
          return;
        }
        pending += decoder.decode(vocabulary.bytesOf(token), { stream: true });
        if (thinking) {
          if (token === close) thinking = false;
          else reasoning++;
        } else {
          for (const stop of request.stop ?? []) {
            const at = pending.indexOf(stop);
            if (at < 0) continue;
            if (at > 0) yield { type: "token", text: pending.slice(0, at), tokenIds: [token] };
            yield end("stop-sequence", stop);
            return;
          }
        }
        const held = thinking ? 0 : heldBack(pending, request.stop ?? []);
        yield {
          type: "token",
          text: pending.slice(0, pending.length - held),
          tokenIds: [token],
        };
        pending = pending.slice(pending.length - held);
      }
      if (pending !== "") yield { type: "token", text: pending, tokenIds: [] };
      yield end("length");
    } finally {
      running--;
    }
  }

  return {
    info: {
      engine: "node-llama-cpp",
      version: null,
      backend: "cpu",
      model: "scripted",
      modelPath: null,
      contextTokens,
      slots,
      capabilities: {
        tokens: true,
        rawPrompt: true,
        template: true,
        separatesChat: false,
        gbnf: false,
        jsonSchema: false,
        logprobs: false,
        logitBias: false,
        embeddings: false,
        reasoningBudget: true,
        continuation: true,
        progress: false,
        cachedTokens: false,
      },
      settings: null,
      reasoning: { openTag: "<think>", closeTag: "</think>" },
      toolCalls: null,
      embeddingLength: null,
    },
    generate,
    applyTemplate: (messages, _tools, o) => {
      const text = render(messages, o);
      const rendered: RenderedPrompt = {
        text,
        tokens: vocabulary.tokenize(text),
        opensThought: text.lastIndexOf("<think>") > text.lastIndexOf("</think>"),
      };
      return Promise.resolve(rendered);
    },
    tokenize: (text) => Promise.resolve(vocabulary.tokenize(text)),
    detokenize: (tokens) => {
      const decoder = new TextDecoder();
      const pieces = tokens.map((t) => decoder.decode(vocabulary.bytesOf(t), { stream: true }));
      return Promise.resolve(pieces.join("") + decoder.decode());
    },
    embed: () =>
      Promise.reject(new QwqError("unsupported_combination", "This model has no embeddings.")),
    state: (): EngineState => ({
      phase: closing.signal.aborted ? "closed" : running >= slots ? "saturated" : "ready",
      slots,
      freeSlots: Math.max(0, slots - running),
      running: Math.min(running, slots),
      queued: Math.max(0, running - slots),
      queuedPromptTokens: 0,
      kvReservedTokens: running * contextTokens,
      kvTotalTokens: slots * contextTokens,
      generation: 1,
      crashes: 0,
      loaded: 1,
      measured: { prefillTokensPerSecond: null, decodeTokensPerSecond: null },
      lastFailure: null,
    }),
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

/** How many characters at the end of `text` may be the start of a stop string. */
function heldBack(text: string, stops: readonly string[]): number {
  let held = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > held; length--) {
      if (stop.startsWith(text.slice(text.length - length))) held = length;
    }
  }
  return held;
}

function render(messages: readonly EngineMessage[], o: TemplateOptions = {}): string {
  const last = messages.at(-1);
  const open = o.continueFinalMessage === true && last?.role === "assistant";
  let text = "";
  for (const message of open ? messages.slice(0, -1) : messages) {
    text += `<|im_start|>${message.role}\n${message.content ?? ""}<|im_end|>\n`;
  }
  if (open) {
    text += "<|im_start|>assistant\n";
    if (last.reasoning_content !== undefined) text += `<think>\n${last.reasoning_content}`;
    if (last.content !== null && last.content !== "") {
      text += `${last.reasoning_content === undefined ? "" : "</think>"}${last.content}`;
    }
  } else if (o.addGenerationPrompt !== false) text += "<|im_start|>assistant\n<think>\n";
  return text;
}
