import { performance } from "node:perf_hooks";
import { QwqError } from "@qwq-fit/schema";
import { Scheduler } from "../scheduler/scheduler.ts";
import type { SlotOperation, Step } from "../scheduler/scheduler-types.ts";
import { Generation } from "./generation.ts";
import type { SampledStep } from "./generation.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { applyOperations } from "./slot-operations.ts";
import type { ChildRequest, ChildState } from "./protocol.ts";
import type { RunLoopOptions, RunLoopOutput } from "./run-loop-output.ts";

/** Runs the scheduler's steps on the native context, one after the other, while there is something to do. */
export class RunLoop {
  readonly #loaded: LoadedModel;
  readonly #scheduler: Scheduler;
  readonly #output: RunLoopOutput;
  readonly #generations = new Map<number, Generation>();
  readonly #aside: (() => Promise<void>)[] = [];
  #running = false;
  #batchSince: number | null = null;

  constructor(loaded: LoadedModel, options: RunLoopOptions, output: RunLoopOutput) {
    this.#loaded = loaded;
    this.#output = output;
    this.#scheduler = new Scheduler({
      slots: loaded.settings.sequences,
      contextTokens: loaded.settings.contextTokens,
      batchTokens: Math.max(loaded.settings.batchTokens, loaded.settings.sequences),
      queueLimit: options.queueLimit,
      chunkMs: options.chunkMs,
      aloneChunkMs: options.aloneChunkMs,
      canCopy: loaded.binding.canCopy,
    });
    // The scheduler starts with empty slots.
    for (let slot = 0; slot < loaded.settings.sequences; slot++) {
      loaded.context.disposeSequence(slot);
    }
  }

  get state(): ChildState {
    return this.#scheduler.state();
  }

  /** How long the batch in flight is being computed; null between batches. */
  get batchMs(): number | null {
    return this.#batchSince === null ? null : performance.now() - this.#batchSince;
  }

  /** Takes a request. Throws `context_too_long`, `saturated`, `invalid_request`. */
  submit(id: number, request: ChildRequest): void {
    const { contextTokens } = this.#loaded.settings;
    const { prompt } = request;
    const tokens =
      prompt.kind === "tokens" ? [...prompt.tokens] : this.#loaded.promptTokens(prompt.text);
    if (tokens.length === 0) throw new QwqError("invalid_request", "The prompt is empty.");
    if (tokens.length >= contextTokens) {
      throw new QwqError(
        "context_too_long",
        `The prompt has ${tokens.length} tokens; the context of a sequence is ${contextTokens}.`,
        { details: { promptTokens: tokens.length, contextTokens } },
      );
    }
    const generation = new Generation(id, request, tokens, this.#loaded, performance.now());
    const taken = this.#scheduler.submit({
      id,
      fairnessKey: request.fairnessKey,
      prompt: [...tokens, ...(generation.opening?.tokenIds ?? [])],
    });
    if (!taken.accepted) {
      throw new QwqError("saturated", "All sequences are taken and the queue is full.", {
        details: { retryAfterMs: taken.retryAfterMs },
      });
    }
    this.#generations.set(id, generation);
    this.#wake();
  }

  abort(id: number): void {
    this.#scheduler.cancel(id);
    this.#generations.get(id)?.close();
    this.#generations.delete(id);
  }

  /** Runs something of its own between two batches. */
  between<T>(run: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#aside.push(() => run().then(resolve, reject));
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        // One step after the other: that is what the loop is.
        // oxlint-disable no-await-in-loop
        await this.#aside.shift()?.();
        const step = this.#scheduler.next();
        if (step === null) {
          if (this.#aside.length === 0) {
            this.#output.idle();
            return;
          }
        } else await this.#compute(step);
        // oxlint-enable no-await-in-loop
      }
    } catch (error) {
      this.#output.fault(error);
    } finally {
      this.#running = false;
      this.#batchSince = null;
    }
  }

  async #compute(step: Step): Promise<void> {
    const { context } = this.#loaded;
    const began = performance.now();
    this.#batchSince = began;
    if (!(await this.#prepare(step.operations))) return;
    for (const { stream, cachedTokens } of this.#scheduler.takeAdmissions()) {
      this.#admitted(stream, cachedTokens);
    }
    context.initBatch(step.prefillTokens + step.decodeTokens);
    const logits = new Map<number, number>();
    // Only sequences whose numbers follow one another are computed together; each other reads all weights anew
    // (llama.cpp v0.5.0 src/llama-batch.cpp, llama_batch_allocr::split_equal, `sequential`).
    for (const item of step.items.toSorted((a, b) => a.slot - b.slot)) {
      const last = item.sample ? [item.tokens.length - 1] : [];
      const indexes = context.addToBatch(
        item.slot,
        item.position,
        Uint32Array.from(item.tokens),
        Uint32Array.from(last),
      );
      if (indexes[0] !== undefined) logits.set(item.stream, indexes[0]);
    }
    await context.decodeBatch();
    const sampled = this.#scheduler.completed(performance.now() - began);
    this.#batchSince = null;
    this.#output.step?.(step);
    for (const item of step.items) if (item.kind === "prefill") this.#progress(item.stream);
    await this.#sampleAll(sampled, logits);
    this.#output.flush();
  }

  /** False where a cache was lost and the step must be planned again. */
  async #prepare(operations: readonly SlotOperation[]): Promise<boolean> {
    if (operations.length === 0) return true;
    const lost = await applyOperations(this.#loaded, operations, (tokens, ms) => {
      this.#scheduler.copied(tokens, ms);
    });
    if (lost.size === 0) return true;
    this.#scheduler.cachesLost(lost);
    return false;
  }

  async #sampleAll(streams: readonly number[], logits: ReadonlyMap<number, number>): Promise<void> {
    const one = async (id: number): Promise<void> => {
      const generation = this.#generations.get(id);
      const logit = logits.get(id);
      if (generation === undefined || logit === undefined) return;
      try {
        const result = await generation.sample(logit);
        // It may have been aborted while it was sampled.
        if (!generation.closed) this.#tell(generation, result);
      } catch (error) {
        this.#output.error(id, error);
        this.#end(generation);
      }
    };
    if (this.#loaded.binding.parallelSampling) {
      await Promise.all(streams.map(one));
      return;
    }
    // oxlint-disable-next-line no-await-in-loop
    for (const id of streams) await one(id);
  }

  #admitted(id: number, cachedTokens: number): void {
    const generation = this.#generations.get(id);
    if (generation === undefined) return;
    generation.admittedAt = performance.now();
    const promptTokens = generation.prompt.length;
    generation.cachedTokens = Math.min(cachedTokens, promptTokens);
    this.#output.event(id, {
      type: "prompt",
      promptTokens,
      cachedTokens: generation.cachedTokens,
    });
    const { opening } = generation;
    if (opening !== null) {
      this.#output.event(id, { type: "token", text: opening.text, tokenIds: opening.tokenIds });
    }
  }

  #progress(id: number): void {
    const progress = this.#scheduler.progress(id);
    if (progress === null || progress.processed >= progress.total) return;
    this.#output.event(id, {
      type: "progress",
      processedTokens: progress.processed,
      totalTokens: progress.total,
    });
  }

  #tell(generation: Generation, result: SampledStep): void {
    const { id } = generation;
    const { text, tokenIds, end, logprobs } = result;
    generation.firstTokenAt ||= performance.now();
    if (text !== "" || tokenIds.length > 0) {
      this.#output.event(id, {
        type: "token",
        text,
        tokenIds,
        ...(logprobs === undefined ? {} : { logprobs }),
      });
    }
    if (end === null) {
      this.#scheduler.feed(id, tokenIds);
      return;
    }
    this.#output.event(id, generation.endEvent(end.reason, end.stopSequence, performance.now()));
    this.#end(generation);
  }

  #end(generation: Generation): void {
    this.#scheduler.finish(generation.id, performance.now() - generation.submittedAt);
    generation.close();
    this.#generations.delete(generation.id);
  }
}
