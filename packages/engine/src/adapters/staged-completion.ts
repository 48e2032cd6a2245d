import { ThoughtTracker } from "../answer/thought-tracker.ts";
import type { ThoughtTags } from "../answer/thought-tracker.ts";
import type { EndEvent, GenerateEvent } from "../generate-events.ts";
import type { CompletionCall, CompletionEvent } from "./native-completion.ts";

/** What is to be said, and how its thought is held. */
export interface StagedRequest {
  readonly call: CompletionCall;
  readonly thought: ThoughtTags | null;
  readonly closeTokens: readonly number[];
  readonly budgetTokens: number | null;
}

type Complete = (call: CompletionCall) => AsyncIterable<CompletionEvent>;

/**
 * One answer in up to two completions: stop strings and a grammar hold only behind the thought, and a thought past its
 * budget is closed by force. So a thought that is followed by either is a completion of its own, without them; the second
 * goes on from its tokens, which the server's cache holds.
 */
export async function* stagedCompletion(
  request: StagedRequest,
  complete: Complete,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const answer = new StagedAnswer(request);
  for (;;) {
    const call = answer.nextCall();
    if (call === null) return;
    for await (const event of complete(call)) {
      for (const told of answer.accept(event)) yield told;
      // Leaving the loop ends the server's work on this completion.
      if (answer.stageOver) break;
    }
  }
}

class StagedAnswer {
  stageOver = false;
  readonly #request: StagedRequest;
  readonly #tracker: ThoughtTracker;
  readonly #said: number[] = [];
  #ended = false;
  #promptTold = false;
  #promptTokens = 0;
  #cachedTokens = 0;
  #completion = 0;
  #reasoning = 0;
  #forced = false;
  #promptMs = 0;
  #predictedMs = 0;

  constructor(request: StagedRequest) {
    this.#request = request;
    this.#tracker = new ThoughtTracker(request.thought);
    this.#promptTokens = request.call.prompt.length;
  }

  /** The next completion; null when the answer is at its end. */
  nextCall(): CompletionCall | null {
    if (this.#ended) return null;
    this.stageOver = false;
    const { call, budgetTokens } = this.#request;
    const prompt = [...call.prompt, ...this.#said];
    const maxTokens = call.maxTokens - this.#completion;
    if (this.#tracker.phase === "outside" || !this.#staged) return { ...call, prompt, maxTokens };
    const budget = budgetTokens === null ? maxTokens : budgetTokens - this.#reasoning;
    // A budget of nothing still asks for one token: what it says is thrown away, and the thought is closed.
    return {
      ...call,
      prompt,
      stop: [],
      grammar: null,
      maxTokens: Math.max(1, Math.min(maxTokens, budget)),
    };
  }

  accept(event: CompletionEvent): GenerateEvent[] {
    switch (event.type) {
      case "progress":
        return this.#progress(event);
      case "piece":
        return [...this.#prompt(0), ...this.#piece(event)];
      case "final":
        return [...this.#prompt(event.cachedTokens), ...this.#final(event)];
    }
  }

  /** The thought has to be a completion of its own. */
  get #staged(): boolean {
    const { call, budgetTokens } = this.#request;
    return call.grammar !== null || call.stop.length > 0 || budgetTokens !== null;
  }

  #progress(event: CompletionEvent & { type: "progress" }): GenerateEvent[] {
    const first = this.#prompt(event.cached);
    // Only the first completion reads the caller's prompt.
    if (this.#said.length > 0 || event.processed >= event.total) return first;
    return [
      ...first,
      { type: "progress", processedTokens: event.processed, totalTokens: event.total },
    ];
  }

  #prompt(cachedTokens: number): GenerateEvent[] {
    if (this.#promptTold) return [];
    this.#promptTold = true;
    this.#cachedTokens = cachedTokens;
    return [{ type: "prompt", promptTokens: this.#promptTokens, cachedTokens }];
  }

  #piece(event: { text: string; tokens: readonly number[]; logprobs?: unknown }): GenerateEvent[] {
    const { text, tokens } = event;
    if (text === "" && tokens.length === 0) return [];
    const before = this.#tracker.phase;
    if (before === "inside" && this.#budgetSpent) return [];
    const { thought, answer } = this.#tracker.push(text);
    const after = this.#tracker.phase;
    if (before === "undecided" && after === "outside" && this.#request.call.grammar !== null) {
      // It does not think: what it said freely does not count; the grammar holds from the start.
      this.stageOver = true;
      this.#said.length = 0;
      this.#completion = 0;
      return [];
    }
    this.#said.push(...tokens);
    this.#completion += tokens.length;
    if (before === "inside" && after === "inside") this.#reasoning += tokens.length;
    if (before !== "outside" && after === "outside" && this.#staged) this.stageOver = true;
    const shown = thought + answer;
    const logprobs = "logprobs" in event && Array.isArray(event.logprobs) ? event.logprobs : null;
    if (shown === "" && tokens.length === 0) return [];
    return [
      {
        type: "token",
        text: shown,
        tokenIds: tokens,
        ...(logprobs === null ? {} : { logprobs }),
      },
    ];
  }

  get #budgetSpent(): boolean {
    const { budgetTokens } = this.#request;
    return budgetTokens !== null && this.#reasoning >= budgetTokens;
  }

  #final(event: CompletionEvent & { type: "final" }): GenerateEvent[] {
    const told = this.#piece(event);
    if (this.stageOver) return told;
    this.#promptMs += event.promptMs;
    this.#predictedMs += event.predictedMs;
    if (this.#tracker.phase === "inside" && event.stop === "limit" && this.#budgetSpent) {
      const { call, closeTokens, thought } = this.#request;
      if (call.maxTokens - this.#completion > closeTokens.length && thought !== null) {
        this.#forced = true;
        this.stageOver = true;
        this.#said.push(...closeTokens);
        this.#completion += closeTokens.length;
        this.#tracker.push(thought.closeTag);
        return [...told, { type: "token", text: thought.closeTag, tokenIds: closeTokens }];
      }
    }
    // The end token is sampled, but not among the tokens.
    if (event.stop === "eos") this.#completion++;
    this.#ended = true;
    const held = this.#tracker.flush();
    const rest: GenerateEvent[] = held === "" ? [] : [{ type: "token", text: held, tokenIds: [] }];
    return [...told, ...rest, this.#end(event)];
  }

  #end(event: CompletionEvent & { type: "final" }): EndEvent {
    const reasons = { eos: "stop", none: "stop", limit: "length", word: "stop-sequence" } as const;
    return {
      type: "end",
      reason: reasons[event.stop],
      ...(event.stop === "word" ? { stopSequence: event.stoppingWord } : {}),
      insideThought: this.#tracker.phase === "inside",
      thoughtForced: this.#forced,
      usage: {
        promptTokens: this.#promptTokens,
        cachedTokens: this.#cachedTokens,
        completionTokens: this.#completion,
        reasoningTokens: this.#reasoning,
      },
      timings: { queuedMs: 0, prefillMs: this.#promptMs, decodeMs: this.#predictedMs },
    };
  }
}
