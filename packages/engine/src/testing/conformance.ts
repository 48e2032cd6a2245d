import type { Engine } from "../engine.ts";
import type { GenerateRequest, ReasoningControl, SamplingOptions } from "../generate-request.ts";

/** An engine that runs the scripted model, and what the model says. */
export interface ConformanceSubject {
  readonly engine: Engine;
  /** Words of thought and of answer: ` t0` to ` t{thoughts-1}`, ` w0` to ` w{words-1}`. */
  readonly thoughts: number;
  readonly words: number;
  dispose(): Promise<void>;
}

/** Tests of the suite that an engine may be excused from. */
export type ConformanceException =
  | "budget"
  | "context"
  | "prompt-length"
  | "continuation"
  | "stop-in-thought"
  | "stop-reason"
  | "tokens";

export interface ConformanceCase {
  readonly title: string;
  readonly except: ConformanceException | null;
  readonly run: (
    subject: ConformanceSubject,
    open: () => Promise<ConformanceSubject>,
  ) => Promise<void>;
}

export const chat = (content: string): GenerateRequest["prompt"] => ({
  kind: "chat",
  messages: [{ role: "user", content }],
});
export const words = (letter: string, from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => ` ${letter}${from + i}`).join("");
export const thought = (subject: ConformanceSubject): string => words("t", 0, subject.thoughts);
export const answer = (subject: ConformanceSubject): string => words("w", 0, subject.words);
export const greedy: SamplingOptions = { temperature: 0 };
export const opened: ReasoningControl = { open: true };
