import { ANSWER_CHECKS } from "./answer-checks.ts";
import type { Backend } from "./backend.ts";
import { GROUPS } from "./check.ts";
import type { Check } from "./check.ts";
import { FEATURE_CHECKS } from "./feature-checks.ts";
import { Nonconformity } from "./read-chat.ts";
import { REFUSAL_CHECKS } from "./refusal-checks.ts";
import { STREAM_CHECKS } from "./stream-checks.ts";

/** What came of one check. */
export interface CheckResult {
  readonly id: string;
  readonly group: Check["group"];
  readonly title: string;
  readonly required: boolean;
  readonly works: boolean;
  /** What is wrong; null where it works. */
  readonly wrong: string | null;
}

/** What really works at a backend. */
export interface ConformanceReport {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly checks: readonly CheckResult[];
  readonly working: number;
  /** Every required check works. */
  readonly conforms: boolean;
}

/** All checks, in the order of the report. */
export const CHECKS: readonly Check[] = [
  ...ANSWER_CHECKS,
  ...STREAM_CHECKS,
  ...FEATURE_CHECKS,
  ...REFUSAL_CHECKS,
].toSorted((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));

/** Runs the checks one after the other. A backend that fails is a result, never an exception. */
export async function runChecks(
  backend: Backend,
  onResult: (result: CheckResult) => void = () => {},
  checks: readonly Check[] = CHECKS,
): Promise<ConformanceReport> {
  const results: CheckResult[] = [];
  for (const { run, ...check } of checks) {
    // One after the other: a slow machine is not what is tried here.
    // oxlint-disable-next-line no-await-in-loop
    const wrong = await run(backend).then(() => null, tellWrong);
    const result = { ...check, works: wrong === null, wrong };
    results.push(result);
    onResult(result);
  }
  return {
    schemaVersion: 1,
    model: backend.model,
    checks: results,
    working: results.filter(({ works }) => works).length,
    conforms: results.every(({ works, required }) => works || !required),
  };
}

function tellWrong(error: unknown): string {
  if (error instanceof Nonconformity) return error.message;
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error
    ? `the connection failed: ${cause.message}`
    : "the connection failed";
}
