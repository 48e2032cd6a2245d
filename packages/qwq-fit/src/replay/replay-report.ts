import type { Estimate, Policy, Shortfall } from "@qwq-fit/schema";
import type { NodeAbout } from "./fleet/replay-node.ts";
import type { BreakEven, MonthlyCost } from "./run/cost.ts";
import type { TraceFaults } from "./trace/trace-faults.ts";

/** Two points of a distribution, each with its range. Ms. */
export interface WaitEstimate {
  readonly p50: Estimate;
  readonly p95: Estimate;
  readonly mean: Estimate;
}

/** A node in a replay at expected speeds. */
export interface NodeReport extends NodeAbout {
  readonly name: string;
  readonly answered: number;
  /** Share of the time in which it computed, and in which it was on. */
  readonly busyShare: number;
  readonly onShare: number;
  readonly coldStarts: number;
  readonly preemptions: number;
  readonly reusedPromptTokens: number;
  readonly costUsdPerMonth: MonthlyCost;
  readonly costSources: readonly string[];
}

/** One hour of the day, all days of the trace together. */
export interface HourReport {
  readonly hour: number;
  readonly arrivals: number;
  readonly rejected: number;
  /** Mean number of requests that wait or are answered. */
  readonly inSystem: number;
  readonly p95FirstTokenMs: number | null;
}

/** An option, or the mix of all, with the trace replayed over it. */
export interface FleetReport {
  readonly name: string;
  readonly kind: "option" | "mix";
  readonly nodes: readonly NodeReport[];
  readonly arrived: number;
  readonly answered: number;
  readonly inSystem: number;
  readonly rejected: {
    readonly count: Estimate;
    readonly share: Estimate;
    /** At expected speeds: no room anywhere, and longer than any node takes. */
    readonly saturated: number;
    readonly tooLong: number;
  };
  readonly timeToFirstTokenMs: WaitEstimate | null;
  readonly timeToAnswerMs: WaitEstimate | null;
  readonly costUsdPerMonth: Estimate;
  readonly cost: MonthlyCost;
  /** What the total does not hold because nobody knows it. */
  readonly unknownCosts: readonly string[];
  readonly breakEven: BreakEven | null;
  readonly hours: readonly HourReport[];
  /** Times to first token at shares 1 %, 2 %, … 99 %, ms; the same for whole answers. */
  readonly firstTokenMsByPercent: readonly number[];
  readonly answerMsByPercent: readonly number[];
}

/** An option that cannot run the model. */
export interface UnfitOption {
  readonly name: string;
  readonly shortfall: Shortfall | null;
  readonly message: string;
}

/** What `replay --json` prints. */
export interface ReplayReport {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly policy: Policy["objective"];
  readonly seed: number;
  readonly draws: number;
  readonly trace: {
    readonly source: string;
    readonly formats: readonly string[];
    readonly lines: number;
    readonly requests: number;
    readonly spanMs: number;
    readonly startedAt: string | null;
    readonly unordered: number;
    readonly mean: {
      readonly promptTokens: number;
      readonly reasoningTokens: number;
      readonly answerTokens: number;
    };
    readonly longestTokens: number;
    readonly faults: TraceFaults;
    readonly notes: readonly string[];
  };
  readonly options: readonly FleetReport[];
  readonly unfit: readonly UnfitOption[];
  readonly found: FoundReport | null;
  readonly assumptions: readonly string[];
}

/** What `--find` was asked. */
export interface ServiceLevel {
  readonly p95FirstTokenMs: number | null;
  readonly p95AnswerMs: number | null;
  /** Share of requests that may be turned away. */
  readonly rejectedShare: number;
  readonly availability: "none" | "1-node-loss";
}

/** One mix that the search looked at. */
export interface TriedMix {
  readonly name: string;
  readonly costUsdPerMonth: number;
  readonly p95FirstTokenMs: number | null;
  readonly rejectedShare: number;
  /** Null where it keeps the service level. */
  readonly fails: string | null;
}

/** The answer of `--find`. */
export interface FoundReport {
  readonly asked: ServiceLevel;
  readonly best: string | null;
  readonly why: readonly string[];
  readonly tried: readonly TriedMix[];
}
