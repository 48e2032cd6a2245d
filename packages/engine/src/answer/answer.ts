import type { EndEvent } from "../generate-events.ts";
import { StopMatcher } from "./stop-matcher.ts";
import { ThoughtTracker } from "./thought-tracker.ts";
import type { ThoughtTags } from "./thought-tracker.ts";

export interface AnswerOptions {
  readonly bytesOf: (token: number) => Uint8Array;
  readonly isEnd: (token: number) => boolean;
  /** Tokens that may be sampled or forced in all. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly ignoreEnd: boolean;
  readonly thought: ThoughtTags | null;
  /** The closing tag as tokens, forced after `budgetTokens` of thought. */
  readonly closeTokens: readonly number[];
  readonly budgetTokens: number | null;
}

/** What follows from one sampled token. */
export interface AnswerStep {
  /** Text to give out, whole characters. */
  readonly text: string;
  /** Tokens that came: the sampled one, and those forced behind it. Empty for a token that ends the text. */
  readonly tokenIds: readonly number[];
  readonly end: {
    readonly reason: EndEvent["reason"];
    readonly stopSequence: string | null;
  } | null;
}

/** The text of one request, token by token: counts, follows the thought, closes it when its budget is spent, finds stops. */
export class Answer {
  readonly #options: AnswerOptions;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #stops: StopMatcher;
  readonly #thought: ThoughtTracker;
  #completion = 0;
  #reasoning = 0;
  #forced = false;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.#stops = new StopMatcher(options.stop);
    this.#thought = new ThoughtTracker(options.thought);
  }

  get completionTokens(): number {
    return this.#completion;
  }

  get reasoningTokens(): number {
    return this.#reasoning;
  }

  get insideThought(): boolean {
    return this.#thought.phase === "inside";
  }

  get thoughtForced(): boolean {
    return this.#forced;
  }

  /** A constraint holds now: the thought is over, or there is none. */
  get constrained(): boolean {
    return this.#thought.phase === "outside";
  }

  /** While it is undecided whether the text begins with a thought: could this token begin one? */
  mayOpenThought(token: number): boolean {
    return this.#thought.mayOpen(new TextDecoder().decode(this.#options.bytesOf(token)));
  }

  get undecided(): boolean {
    return this.#thought.phase === "undecided";
  }

  /** The text does not begin with a thought. */
  settle(): void {
    this.#thought.settle();
  }

  /** A budget of nothing: the thought that the prompt opened is closed before the first token is sampled. */
  begin(): AnswerStep | null {
    if (!this.insideThought || this.#options.budgetTokens !== 0) return null;
    return this.#step([]);
  }

  accept(token: number): AnswerStep {
    if (this.#options.isEnd(token) && !this.#options.ignoreEnd) {
      this.#completion++;
      return this.#finish("", [], "stop");
    }
    return this.#step([token]);
  }

  /** Nothing can follow: the grammar has no way on. */
  exhausted(): AnswerStep {
    return this.#finish("", [], "stop");
  }

  #step(sampled: readonly number[]): AnswerStep {
    let text = "";
    const tokenIds: number[] = [];
    const take = (token: number, forced: boolean): string | null => {
      this.#completion++;
      tokenIds.push(token);
      const wasInside = this.insideThought;
      const piece = this.#decoder.decode(this.#options.bytesOf(token), { stream: true });
      const { thought, answer } = this.#thought.push(piece);
      if (wasInside && this.insideThought && !forced) this.#reasoning++;
      const { text: shown, stop } = this.#stops.push(answer);
      text += thought + shown;
      return stop;
    };
    for (const token of sampled) {
      const stop = take(token, false);
      if (stop !== null) return this.#finish(text, tokenIds, "stop-sequence", stop);
    }
    const { budgetTokens, closeTokens, maxTokens } = this.#options;
    const room = maxTokens - this.#completion;
    const spent = budgetTokens !== null && this.#reasoning >= budgetTokens;
    if (this.insideThought && spent && closeTokens.length > 0 && room > closeTokens.length) {
      this.#forced = true;
      for (const token of closeTokens) take(token, true);
    }
    if (this.#completion >= maxTokens) return this.#finish(text, tokenIds, "length");
    return { text, tokenIds, end: null };
  }

  #finish(
    text: string,
    tokenIds: readonly number[],
    reason: EndEvent["reason"],
    stopSequence: string | null = null,
  ): AnswerStep {
    // What waited for the rest of a stop string is text; the bytes of a cut character are not.
    const rest = stopSequence === null ? this.#stops.flush() + this.#thought.flush() : "";
    return { text: text + rest, tokenIds, end: { reason, stopSequence } };
  }
}
