import { setImmediate } from "node:timers/promises";
import { QwqError } from "@qwq-fit/schema";
import type { Engine, EngineInfo } from "../../engine.ts";
import type { EngineMessage, EngineTool } from "../../engine-messages.ts";
import type { EndEvent, GenerateEvent } from "../../generate-events.ts";
import type { GenerateRequest } from "../../generate-request.ts";
import { createScriptedEngine } from "../../testing/scripted-engine.ts";

export interface TextEngineOptions {
  /** What is said to a prompt; a thought comes first, with its closing tag: the prompt opens it. */
  readonly say: (messages: readonly EngineMessage[], request: GenerateRequest) => string;
  readonly info?: Partial<EngineInfo>;
  /** Waited for before each token. */
  readonly tick?: (signal: AbortSignal | undefined) => Promise<void>;
  /** Gets what the engine was asked for. */
  readonly onRequest?: (asked: Asked) => void;
}

export interface Asked {
  readonly messages: readonly EngineMessage[];
  readonly tools: readonly EngineTool[];
  readonly variables: Readonly<Record<string, unknown>>;
  readonly request: GenerateRequest;
}

/** Characters of one token: not a divisor of any tag's length, so tags are cut. */
const TOKEN_CHARACTERS = 3;

/** An engine that says whatever a test wants, in pieces that cut tags. Counts and stops like a real one. */
export function createTextEngine(options: TextEngineOptions): Engine {
  const base = createScriptedEngine();
  const { capabilities } = base.info;
  const info: EngineInfo = {
    ...base.info,
    model: "text",
    capabilities: {
      ...capabilities,
      tokens: false,
      jsonSchema: true,
      logprobs: true,
      embeddings: true,
    },
    toolCalls: { openTag: "<tool_call>", closeTag: "</tool_call>" },
    ...options.info,
  };
  let templated: Omit<Asked, "request"> = { messages: [], tools: [], variables: {} };

  async function* generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent> {
    const { prompt } = request;
    if (prompt.kind === "chat") templated = { ...templated, messages: prompt.messages };
    options.onRequest?.({ ...templated, request });
    const said = options.say(templated.messages, request);
    const { text, stop } = cutAtStop(said, request);
    const all = text.match(new RegExp(`.{1,${TOKEN_CHARACTERS}}`, "gsu")) ?? [];
    const tokens = all.slice(0, request.maxTokens);
    const promptTokens = prompt.kind === "text" ? prompt.text.length : 1;
    yield { type: "prompt", promptTokens, cachedTokens: 2 };
    for (const token of tokens) {
      await (options.tick ?? (() => setImmediate()))(signal);
      if (signal?.aborted === true) throw new QwqError("aborted", "The request was aborted.");
      const one = { tokenId: 1, text: token, bytes: [...Buffer.from(token)], logprob: -0.5 };
      const logprobs = [{ ...one, alternatives: [one].slice(0, request.logprobs ?? 0) }];
      yield {
        type: "token",
        text: token,
        tokenIds: [1],
        ...(request.logprobs === undefined ? {} : { logprobs }),
      };
    }
    yield endOf(request, tokens, all.length, stop, promptTokens);
  }

  return {
    ...base,
    info,
    generate,
    applyTemplate: (messages, tools, template = {}) => {
      templated = { messages, tools, variables: template.variables ?? {} };
      return base.applyTemplate(messages, tools, template).then((rendered) => ({
        ...rendered,
        tokens: null,
        opensThought: info.reasoning !== null && rendered.opensThought,
      }));
    },
    embed: (input) =>
      Promise.resolve({ vectors: input.map((text) => [text.length, 0.5]), promptTokens: 7 }),
  };
}

function cutAtStop(said: string, request: GenerateRequest): { text: string; stop: string | null } {
  const from = said.indexOf("</think>") + 1;
  const found = (request.stop ?? [])
    .map((stop) => ({ stop, at: said.indexOf(stop, from) }))
    .filter(({ at }) => at !== -1)
    .toSorted((left, right) => left.at - right.at)[0];
  return found === undefined
    ? { text: said, stop: null }
    : { text: said.slice(0, found.at), stop: found.stop };
}

function endOf(
  request: GenerateRequest,
  tokens: readonly string[],
  count: number,
  stop: string | null,
  promptTokens: number,
): EndEvent {
  const text = tokens.join("");
  const cut = tokens.length < count;
  const thinks = request.reasoning?.open === true;
  const closed = text.indexOf("</think>");
  const thought = thinks ? text.slice(0, closed === -1 ? undefined : closed) : "";
  return {
    type: "end",
    reason: cut ? "length" : stop === null ? "stop" : "stop-sequence",
    ...(stop === null || cut ? {} : { stopSequence: stop }),
    insideThought: thinks && closed === -1,
    thoughtForced: false,
    usage: {
      promptTokens,
      cachedTokens: 2,
      completionTokens: tokens.length,
      reasoningTokens: Math.ceil(thought.length / TOKEN_CHARACTERS),
    },
    timings: null,
  };
}
