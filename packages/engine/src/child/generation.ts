import { QwqError } from "@qwq-fit/schema";
import type { EndEvent, TokenLogprobs } from "../generate-events.ts";
import { Answer } from "../answer/answer.ts";
import type { AnswerStep } from "../answer/answer.ts";
import { samplerConfig } from "../answer/sampler-config.ts";
import type { NativeBinding, NativeSampler } from "./binding.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { sampleLogprobs } from "./logprobs.ts";
import type { ChildRequest } from "./protocol.ts";

/** Where a token can be sampled: an index into the batch's logits. */
export type LogitIndex = number;

export type SampledStep = AnswerStep & { readonly logprobs?: readonly TokenLogprobs[] };

/** One request's sampler and text, from admission to its end. */
export class Generation {
  readonly id: number;
  readonly request: ChildRequest;
  readonly prompt: readonly number[];
  readonly answer: Answer;
  readonly submittedAt: number;
  admittedAt = 0;
  cachedTokens = 0;
  /** What is said before the first token is sampled: a thought with no budget is closed at once. */
  readonly opening: AnswerStep | null;
  /** When the prompt was read and the first token sampled. */
  firstTokenAt = 0;
  readonly #loaded: LoadedModel;
  readonly #grammar: object | null;
  readonly #generated: number[] = [];
  #sampler: NativeSampler | null = null;
  #constraining = false;
  #busy = false;
  #closed = false;

  constructor(
    id: number,
    request: ChildRequest,
    prompt: readonly number[],
    loaded: LoadedModel,
    now: number,
  ) {
    this.id = id;
    this.request = request;
    this.prompt = prompt;
    this.submittedAt = now;
    this.#loaded = loaded;
    const { native } = loaded.binding;
    this.#grammar = request.grammar === null ? null : parseGrammar(native, request.grammar);
    const room = loaded.settings.contextTokens - prompt.length;
    this.answer = new Answer({
      bytesOf: loaded.bytesOf,
      isEnd: (token) => loaded.model.isEogToken(token),
      maxTokens: Math.min(request.maxTokens ?? room, room),
      stop: request.stop,
      ignoreEnd: request.ignoreEnd,
      thought: request.thought,
      closeTokens: request.thought === null ? [] : loaded.tokenize(request.thought.closeTag, true),
      budgetTokens: request.thought?.budgetTokens ?? null,
    });
    this.opening = this.answer.begin();
  }

  /** Samples the next token. The grammar rules from where a thought is over; before that the model is free. */
  async sample(logit: LogitIndex): Promise<SampledStep> {
    this.#busy = true;
    try {
      return await this.#sample(logit);
    } finally {
      this.#busy = false;
      if (this.#closed) this.#drop();
    }
  }

  async #sample(logit: LogitIndex): Promise<SampledStep> {
    const { context } = this.#loaded;
    let token: number;
    if (this.#grammar !== null && this.answer.undecided) {
      token = await context.sampleToken(logit, this.#free());
      if (!this.answer.mayOpenThought(token)) {
        // It does not think: what was drawn freely does not count, the answer begins here.
        this.#drop();
        this.answer.settle();
        token = await context.sampleToken(logit, this.#constrained());
      }
    } else {
      const constrained = this.#grammar !== null && this.answer.constrained;
      token = await context.sampleToken(logit, constrained ? this.#constrained() : this.#free());
    }
    if (token < 0) return this.answer.exhausted();
    this.#generated.push(token);
    const wanted = this.request.logprobs;
    const logprobs =
      wanted === null ? null : await sampleLogprobs(this.#loaded, logit, token, wanted);
    const step = this.answer.accept(token);
    return logprobs === null || step.tokenIds.length === 0
      ? step
      : { ...step, logprobs: [logprobs] };
  }

  endEvent(reason: EndEvent["reason"], stopSequence: string | null, now: number): EndEvent {
    const { answer } = this;
    return {
      type: "end",
      reason,
      ...(stopSequence === null ? {} : { stopSequence }),
      insideThought: answer.insideThought,
      thoughtForced: answer.thoughtForced,
      usage: {
        promptTokens: this.prompt.length,
        cachedTokens: this.cachedTokens,
        completionTokens: answer.completionTokens,
        reasoningTokens: answer.reasoningTokens,
      },
      timings: {
        queuedMs: this.admittedAt - this.submittedAt,
        prefillMs: this.firstTokenAt - this.admittedAt,
        decodeMs: now - this.firstTokenAt,
      },
    };
  }

  /** Frees the sampler, or has it freed once nothing samples with it. */
  close(): void {
    this.#closed = true;
    if (!this.#busy) this.#drop();
  }

  get closed(): boolean {
    return this.#closed;
  }

  #drop(): void {
    this.#sampler?.dispose();
    this.#sampler = null;
    this.#constraining = false;
  }

  #free(): NativeSampler {
    this.#sampler ??= this.#newSampler({});
    return this.#sampler;
  }

  #constrained(): NativeSampler {
    if (this.#sampler !== null && this.#constraining) return this.#sampler;
    this.#drop();
    const { native } = this.#loaded.binding;
    const state = new native.AddonGrammarEvaluationState(this.#loaded.model, this.#grammar ?? {});
    this.#sampler = this.#newSampler({ grammarEvaluationState: state });
    this.#constraining = true;
    return this.#sampler;
  }

  #newSampler(extra: Readonly<Record<string, unknown>>): NativeSampler {
    const sampler = new this.#loaded.binding.native.AddonSampler(this.#loaded.model);
    // A sampler made in the middle of a text draws from another seed than the one before it.
    const seed = this.request.seed + this.#generated.length;
    sampler.applyConfig({
      ...samplerConfig(this.request.sampling, seed, this.#generated),
      ...extra,
    });
    return sampler;
  }
}

function parseGrammar(native: NativeBinding, text: string): object {
  try {
    return new native.AddonGrammar(text, { addonExports: native, rootRuleName: "root" });
  } catch (error) {
    throw new QwqError("invalid_request", "The grammar cannot be read.", { cause: error });
  }
}
