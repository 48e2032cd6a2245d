import { randomInt } from "node:crypto";
import { QwqError } from "@qwq-fit/schema";
import { isObject, stringField } from "@qwq-fit/wire";
import type { Engine, EngineInfo, RenderedPrompt } from "../engine.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";
import { compileConstraint } from "../grammar/constraint-grammar.ts";
import { ChatTemplate } from "../template/chat-template.ts";
import { embeddings } from "./attach-engine.ts";
import { attachedState } from "./attached-state.ts";
import { Gate } from "./gate.ts";
import { ask, unreachable } from "./http-client.ts";
import type { Endpoint } from "./http-client.ts";
import { complete } from "./native-completion.ts";
import type { CompletionCall } from "./native-completion.ts";
import { stagedCompletion } from "./staged-completion.ts";

export interface LlamaServerOptions {
  readonly endpoint: Endpoint;
  readonly queueLimit?: number;
  /** Null for one that we only attach to. */
  readonly settings: EngineSettings | null;
}

/** What `/props` says of a llama-server. */
interface ServerProps {
  readonly slots: number;
  readonly contextTokens: number;
  readonly modelPath: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly bosText: string;
  readonly template: ChatTemplate | null;
}

/** A llama-server that answers. @throws QwqError `network`, `saturated` while it loads, `protocol_error`. */
export async function connectLlamaServer(options: LlamaServerOptions): Promise<Engine> {
  const props = readProps(await ask(options.endpoint, "/props"));
  return new LlamaServerEngine(options, props);
}

class LlamaServerEngine implements Engine {
  readonly info: EngineInfo;
  readonly #endpoint: Endpoint;
  readonly #props: ServerProps;
  readonly #gate: Gate;
  #prefillRate: number | null = null;
  #decodeRate: number | null = null;

  constructor({ endpoint, queueLimit, settings }: LlamaServerOptions, props: ServerProps) {
    this.#endpoint = endpoint;
    this.#props = props;
    this.#gate = new Gate(props.slots, queueLimit ?? props.slots * 4);
    const { template } = props;
    this.info = {
      engine: "llama-server",
      version: props.version,
      backend: settings?.backend ?? null,
      model: props.name,
      modelPath: props.modelPath,
      contextTokens: props.contextTokens,
      slots: props.slots,
      capabilities: {
        tokens: true,
        rawPrompt: true,
        template: template !== null,
        separatesChat: false,
        gbnf: true,
        jsonSchema: true,
        logprobs: true,
        logitBias: true,
        // Only where it was started with --embeddings, which ends its answering of chats.
        embeddings: false,
        reasoningBudget: true,
        continuation: template !== null,
        progress: true,
        cachedTokens: true,
      },
      settings,
      reasoning: template?.thought ?? null,
      toolCalls: template?.tools ?? null,
      embeddingLength: null,
    };
  }

  async *generate(
    request: GenerateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const entered = this.#gate.enter(signal);
    try {
      const { prompt, opensThought } = await this.#promptOf(request, entered.signal);
      const room = this.#props.contextTokens - prompt.length;
      if (room <= 0) {
        throw new QwqError("context_too_long", `The prompt has ${prompt.length} tokens.`, {
          details: { promptTokens: prompt.length, contextTokens: this.#props.contextTokens },
        });
      }
      const control = request.reasoning;
      const openTag = control?.openTag ?? this.info.reasoning?.openTag;
      const closeTag = control?.closeTag ?? this.info.reasoning?.closeTag;
      const known = opensThought ?? control?.open;
      const thought =
        openTag === undefined || closeTag === undefined || known === undefined
          ? null
          : { open: known, openTag, closeTag };
      const call: CompletionCall = {
        prompt,
        maxTokens: Math.min(request.maxTokens ?? room, room),
        stop: request.stop ?? [],
        grammar:
          request.constraint === undefined ? null : compileConstraint(request.constraint).grammar,
        fields: samplingFields(request),
        logprobs: request.logprobs ?? null,
      };
      const staged = {
        call,
        thought,
        closeTokens: thought === null ? [] : await this.tokenize(thought.closeTag),
        budgetTokens: control?.budgetTokens ?? null,
      };
      const run = (one: CompletionCall) => complete(this.#endpoint, one, entered.signal);
      for await (const event of stagedCompletion(staged, run)) {
        if (entered.signal.aborted) throw new QwqError("aborted", "The request was aborted.");
        if (event.type === "end") this.#learn(event);
        yield event;
      }
    } catch (error) {
      throw unreachable(error, entered.signal);
    } finally {
      entered.leave();
    }
  }

  async applyTemplate(...args: Parameters<Engine["applyTemplate"]>): Promise<RenderedPrompt> {
    const rendered = this.#template().render(...args);
    return { ...rendered, tokens: await this.tokenize(rendered.text) };
  }

  async tokenize(text: string, special = true, signal?: AbortSignal): Promise<readonly number[]> {
    const body = { content: text, parse_special: special, add_special: false };
    const answer = await ask(this.#endpoint, "/tokenize", body, signal);
    const tokens: unknown = isObject(answer) ? answer["tokens"] : null;
    if (!Array.isArray(tokens)) throw new QwqError("protocol_error", "/tokenize gives no tokens.");
    return tokens.map(Number);
  }

  async detokenize(tokens: readonly number[]): Promise<string> {
    const answer = await ask(this.#endpoint, "/detokenize", { tokens });
    return (isObject(answer) ? stringField(answer, "content") : undefined) ?? "";
  }

  async embed(input: readonly string[], signal?: AbortSignal): ReturnType<Engine["embed"]> {
    return embeddings(await ask(this.#endpoint, "/v1/embeddings", { input }, signal));
  }

  state(): ReturnType<Engine["state"]> {
    return attachedState(this.#gate, this.#props.slots, this.#props.contextTokens, {
      prefillTokensPerSecond: this.#prefillRate,
      decodeTokensPerSecond: this.#decodeRate,
    });
  }

  close(): Promise<void> {
    this.#gate.close();
    return Promise.resolve();
  }

  async #promptOf(
    request: GenerateRequest,
    signal: AbortSignal,
  ): Promise<{ prompt: readonly number[]; opensThought: boolean | null }> {
    const { prompt } = request;
    if (prompt.kind === "tokens") return { prompt: prompt.tokens, opensThought: null };
    let text: string;
    let opensThought: boolean | null = null;
    if (prompt.kind === "chat") {
      const tools = prompt.toolChoice === "none" ? [] : (prompt.tools ?? []);
      ({ text, opensThought } = this.#template().render(prompt.messages, tools, prompt.template));
    } else ({ text } = prompt);
    // The server adds the token that begins a text; a template that wrote it has it already.
    const written = this.#props.bosText !== "" && text.startsWith(this.#props.bosText);
    const body = { content: text, parse_special: true, add_special: !written };
    const answer = await ask(this.#endpoint, "/tokenize", body, signal);
    const tokens: unknown = isObject(answer) ? answer["tokens"] : null;
    if (!Array.isArray(tokens)) throw new QwqError("protocol_error", "/tokenize gives no tokens.");
    return { prompt: tokens.map(Number), opensThought };
  }

  #template(): ChatTemplate {
    const { template } = this.#props;
    if (template !== null) return template;
    throw new QwqError("unsupported_combination", "The model's file has no chat template.");
  }

  #learn({ usage, timings }: GenerateEvent & { type: "end" }): void {
    if (timings === null) return;
    const read = usage.promptTokens - usage.cachedTokens;
    if (timings.prefillMs > 0 && read > 0) this.#prefillRate = (read * 1000) / timings.prefillMs;
    if (timings.decodeMs > 0) this.#decodeRate = (usage.completionTokens * 1000) / timings.decodeMs;
  }
}

/** Sampling in the server's words (llama.cpp v0.5.0 tools/server/server-schema.cpp). Its own defaults are not neutral. */
function samplingFields({ sampling = {}, ignoreEnd }: GenerateRequest): Record<string, unknown> {
  return {
    temperature: sampling.temperature ?? 1,
    top_p: sampling.topP ?? 1,
    top_k: sampling.topK ?? 0,
    min_p: sampling.minP ?? 0,
    seed: sampling.seed ?? randomInt(2 ** 31),
    repeat_penalty: sampling.repeatPenalty ?? 1,
    presence_penalty: sampling.presencePenalty ?? 0,
    frequency_penalty: sampling.frequencyPenalty ?? 0,
    repeat_last_n: sampling.penaltyLastTokens ?? 64,
    ignore_eos: ignoreEnd ?? false,
    logit_bias: Object.entries(sampling.logitBias ?? {}).map(([token, bias]) => [
      Number(token),
      bias <= -100 ? false : bias,
    ]),
  };
}

function readProps(value: unknown): ServerProps {
  if (!isObject(value)) throw new QwqError("protocol_error", "/props is no object.");
  const defaults = value["default_generation_settings"];
  const context = isObject(defaults) ? Number(defaults["n_ctx"]) : Number.NaN;
  const slots = Number(value["total_slots"]);
  if (!(context > 0) || !(slots > 0)) {
    throw new QwqError("protocol_error", "/props tells neither context nor slots.");
  }
  const bosText = stringField(value, "bos_token") ?? "";
  const eosText = stringField(value, "eos_token") ?? "";
  const template = stringField(value, "chat_template") ?? "";
  const path = stringField(value, "model_path") ?? null;
  return {
    slots,
    contextTokens: context,
    modelPath: path,
    name: stringField(value, "model_alias") ?? path ?? "model",
    version: stringField(value, "build_info") ?? null,
    bosText,
    template: template === "" ? null : new ChatTemplate(template, { bosText, eosText }),
  };
}
