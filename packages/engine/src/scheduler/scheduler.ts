import { Measures } from "./measures.ts";
import { nextBatch } from "./next-batch.ts";
import type { RunningStream } from "./next-batch.ts";
import { choosePlacement } from "./prefix.ts";
import type { Slot } from "./prefix.ts";
import type {
  Admission,
  SchedulerConfig,
  SchedulerState,
  SlotOperation,
  Step,
  StreamRequest,
} from "./scheduler-types.ts";

/**
 * Decides what the engine computes next. Holds no clock, no engine and no text: it is told what was computed and how long
 * it took, and answers with the next step. One step is in flight at a time: `next`, then `completed`, then `feed` or
 * `finish` for each stream that sampled.
 */
export class Scheduler {
  readonly #config: SchedulerConfig;
  readonly #slots: Slot[];
  readonly #queue: StreamRequest[] = [];
  readonly #streams = new Map<number, RunningStream>();
  readonly #measures: Measures;
  #operations: SlotOperation[] = [];
  #admitted: Admission[] = [];
  #inFlight: Step | null = null;
  #batches = 0;

  constructor(config: SchedulerConfig) {
    this.#config = config;
    this.#slots = Array.from({ length: config.slots }, (_, id) => ({
      id,
      tokens: [],
      usedAt: 0,
      stream: null,
    }));
    this.#measures = new Measures(config);
  }

  /** Takes a request, or says when to come again. */
  submit(request: StreamRequest): { accepted: true } | { accepted: false; retryAfterMs: number } {
    const free = this.#slots.filter((slot) => slot.stream === null).length;
    if (this.#queue.length >= this.#config.queueLimit + free) {
      return { accepted: false, retryAfterMs: this.#measures.retryAfterMs(this.#queue.length) };
    }
    this.#queue.push(request);
    return { accepted: true };
  }

  /** The stream is wanted no more. Compute for it stops with the batch in flight. */
  cancel(id: number): void {
    const waiting = this.#queue.findIndex((request) => request.id === id);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.cancelled = true;
    if (this.#inFlight === null) this.#release(stream);
  }

  /** Lets waiting requests in and says what to compute; null when there is nothing to do. */
  next(): Step | null {
    if (this.#inFlight !== null) throw new Error("a step is in flight");
    this.#admit();
    const alone = this.#streams.size === 1 && this.#queue.length === 0;
    const chunkTokens = this.#measures.chunkTokens(alone);
    const items = nextBatch(this.#streams.values(), this.#config.batchTokens, chunkTokens);
    if (items.length === 0) return null;
    this.#batches++;
    let [prefillTokens, decodeTokens] = [0, 0];
    for (const item of items) {
      if (item.kind === "prefill") prefillTokens += item.tokens.length;
      else decodeTokens += item.tokens.length;
    }
    const step: Step = {
      operations: this.#operations,
      items,
      prefillTokens,
      decodeTokens,
      alone,
    };
    this.#operations = [];
    this.#inFlight = step;
    return step;
  }

  /** Requests that got their slots since the last call. */
  takeAdmissions(): Admission[] {
    const admitted = this.#admitted;
    this.#admitted = [];
    return admitted;
  }

  /**
   * The engine could not keep or copy these slots' caches (a sliding window, a recurrent state): they are empty now, and
   * their streams start from the first token. The step in flight is dropped; ask for the next one.
   */
  cachesLost(slotIds: Iterable<number>): void {
    this.#inFlight = null;
    for (const slotId of slotIds) {
      const slot = this.#slot(slotId);
      slot.tokens = [];
      const stream = slot.stream === null ? undefined : this.#streams.get(slot.stream);
      if (stream === undefined) continue;
      stream.processed = 0;
      stream.position = 0;
      this.#admitted = this.#admitted.map((admission) =>
        admission.stream === stream.id ? { ...admission, cachedTokens: 0 } : admission,
      );
    }
    this.#dropCancelled();
  }

  copied(tokens: number, ms: number): void {
    this.#measures.copied(tokens, ms);
  }

  /** The batch is computed: its cells are in the caches. Returns the streams that are still wanted and sampled. */
  completed(ms: number): number[] {
    const step = this.#inFlight;
    if (step === null) throw new Error("no step is in flight");
    this.#inFlight = null;
    const sampled: number[] = [];
    for (const item of step.items) {
      const slot = this.#slot(item.slot);
      slot.tokens.push(...item.tokens);
      slot.usedAt = this.#batches;
      const stream = this.#streams.get(item.stream);
      if (stream === undefined) continue;
      stream.position = item.position + item.tokens.length;
      if (item.kind === "prefill") {
        stream.processed = stream.position;
        stream.servedAt = this.#batches;
      } else stream.next.splice(0, item.tokens.length);
      if (item.sample && !stream.cancelled) sampled.push(item.stream);
    }
    this.#measures.observe(step, ms);
    this.#dropCancelled();
    return sampled;
  }

  /** The tokens with which a stream goes on. */
  feed(id: number, tokens: readonly number[]): void {
    this.#streams.get(id)?.next.push(...tokens);
  }

  /** The stream is done; its cache stays for who begins alike. */
  finish(id: number, serviceMs: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#measures.served(serviceMs);
    this.#release(stream);
  }

  /** How much of a stream's prompt is read. */
  progress(id: number): { processed: number; total: number } | null {
    const stream = this.#streams.get(id);
    return stream === undefined
      ? null
      : { processed: stream.processed, total: stream.prompt.length };
  }

  state(): SchedulerState {
    let queuedPromptTokens = 0;
    for (const request of this.#queue) queuedPromptTokens += request.prompt.length;
    let reservedTokens = 0;
    for (const stream of this.#streams.values()) {
      queuedPromptTokens += stream.prompt.length - stream.processed;
      reservedTokens += this.#config.contextTokens;
    }
    return {
      running: this.#streams.size,
      queued: this.#queue.length,
      queuedPromptTokens,
      reservedTokens,
      ...this.#measures.rates,
    };
  }

  #admit(): void {
    while (this.#queue.length > 0) {
      const index = this.#nextInQueue();
      const request = this.#queue[index];
      if (request === undefined) return;
      const placement = choosePlacement(this.#slots, request.prompt, {
        canCopy: this.#config.canCopy,
        prefillMsPerToken: this.#measures.prefillMsPerToken,
        copyMsPerToken: this.#measures.copyMsPerToken,
      });
      if (placement === null) return;
      this.#queue.splice(index, 1);
      const slot = this.#slot(placement.slot);
      const { cachedTokens, copyFrom } = placement;
      if (copyFrom !== null) {
        const source = this.#slot(copyFrom).tokens;
        this.#operations.push({ kind: "copy", from: copyFrom, to: slot.id, tokens: source.length });
        slot.tokens = [...source];
      }
      if (slot.tokens.length > cachedTokens) {
        const length = slot.tokens.length;
        this.#operations.push({ kind: "trim", slot: slot.id, keep: cachedTokens, length });
        slot.tokens.length = cachedTokens;
      }
      slot.stream = request.id;
      this.#streams.set(request.id, {
        id: request.id,
        slot: slot.id,
        fairnessKey: request.fairnessKey,
        prompt: request.prompt,
        processed: cachedTokens,
        next: [],
        position: cachedTokens,
        servedAt: 0,
        cancelled: false,
      });
      this.#admitted.push({ stream: request.id, slot: slot.id, cachedTokens });
    }
  }

  /** The oldest request of the caller with the fewest running. */
  #nextInQueue(): number {
    const running = new Map<string, number>();
    for (const { fairnessKey } of this.#streams.values()) {
      running.set(fairnessKey, (running.get(fairnessKey) ?? 0) + 1);
    }
    let best = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [index, request] of this.#queue.entries()) {
      const count = running.get(request.fairnessKey) ?? 0;
      if (count < fewest) [best, fewest] = [index, count];
    }
    return best;
  }

  #dropCancelled(): void {
    for (const stream of this.#streams.values()) if (stream.cancelled) this.#release(stream);
  }

  #release(stream: RunningStream): void {
    this.#streams.delete(stream.id);
    this.#slot(stream.slot).stream = null;
  }

  #slot(id: number): Slot {
    const slot = this.#slots[id];
    if (slot === undefined) throw new Error(`there is no slot ${id}`);
    return slot;
  }
}
