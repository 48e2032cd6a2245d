import type { GenerateEvent } from "../generate-events.ts";
import type { Step } from "../scheduler/scheduler-types.ts";

export interface RunLoopOptions {
  readonly queueLimit: number;
  readonly chunkMs: number;
  readonly aloneChunkMs: number;
}

/** Where the loop's findings go; called between batches. */
export interface RunLoopOutput {
  event(id: number, event: GenerateEvent): void;
  error(id: number, error: unknown): void;
  /** A batch failed: the loop has stopped for good. */
  fault(error: unknown): void;
  /** A batch is over: what was told may be sent. */
  flush(): void;
  /** Nothing is left to do. */
  idle(): void;
  /** For tests: a step that was computed. */
  step?(step: Step): void;
}
