import type { Scheduler } from "./scheduler.ts";
import type { Step } from "./scheduler-types.ts";

/** What the simulated engine costs: a batch of n tokens takes `baseMs + perTokenMs · n`. */
export interface SimulatedCost {
  readonly baseMs: number;
  readonly perTokenMs: number;
}

/**
 * An engine without a model, for tests: keeps the caches that steps leave behind, takes a stated time, and throws where a
 * step asks for what no engine could do.
 */
export class SimulatedEngine {
  readonly caches: number[][];
  readonly steps: Step[] = [];
  nowMs = 0;
  readonly #scheduler: Scheduler;
  readonly #cost: SimulatedCost;
  readonly #batchTokens: number;

  constructor(scheduler: Scheduler, slots: number, batchTokens: number, cost: SimulatedCost) {
    this.#scheduler = scheduler;
    this.#batchTokens = batchTokens;
    this.#cost = cost;
    this.caches = Array.from({ length: slots }, () => []);
  }

  /** Computes the next step; answers with the streams that sampled, null when there was nothing to do. */
  run(loseCache: (slot: number) => boolean = () => false): number[] | null {
    const step = this.#scheduler.next();
    if (step === null) return null;
    const lost = this.#operate(step, loseCache);
    if (lost.length > 0) {
      this.#scheduler.cachesLost(lost);
      return [];
    }
    let tokens = 0;
    for (const item of step.items) {
      const cache = this.#cache(item.slot);
      if (item.position !== cache.length) throw new Error(`slot ${item.slot} has a hole`);
      if (item.tokens.length === 0) throw new Error("an empty item");
      cache.push(...item.tokens);
      tokens += item.tokens.length;
    }
    if (tokens > this.#batchTokens) throw new Error(`a batch of ${tokens} tokens`);
    this.steps.push(step);
    const ms = this.#cost.baseMs + this.#cost.perTokenMs * tokens;
    this.nowMs += ms;
    return this.#scheduler.completed(ms);
  }

  #operate(step: Step, loseCache: (slot: number) => boolean): number[] {
    const lost: number[] = [];
    for (const operation of step.operations) {
      if (operation.kind === "copy") {
        if (lost.includes(operation.from)) {
          this.caches[operation.to] = [];
          lost.push(operation.to);
        } else this.caches[operation.to] = [...this.#cache(operation.from)];
        continue;
      }
      const { slot, keep, length } = operation;
      if (lost.includes(slot)) continue;
      if (this.#cache(slot).length !== length) throw new Error(`slot ${slot} is not as planned`);
      if (keep > 0 && loseCache(slot)) {
        this.caches[slot] = [];
        lost.push(slot);
      } else this.#cache(slot).length = keep;
    }
    return lost;
  }

  #cache(slot: number): number[] {
    const cache = this.caches[slot];
    if (cache === undefined) throw new Error(`there is no slot ${slot}`);
    return cache;
  }
}
