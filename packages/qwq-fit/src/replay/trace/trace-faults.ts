/** What can be wrong with a line of a trace; `not_a_request` is no fault of the line, but it is told too. */
export type FaultKind =
  | "broken_json"
  | "broken_csv"
  | "not_an_object"
  | "duplicate_key"
  | "unknown_format"
  | "missing_field"
  | "not_a_number"
  | "negative"
  | "too_large"
  | "no_tokens"
  | "bad_time"
  | "too_far_away"
  | "line_too_long"
  | "too_many_requests"
  | "not_a_request";

/** A line that is not replayed, or not as it stands, and why. */
export interface TraceFault {
  /** Counted from 1. */
  readonly line: number;
  readonly kind: FaultKind;
  readonly message: string;
}

/** All that was left out of a trace: every line is counted, the first ones are told. */
export interface TraceFaults {
  readonly total: number;
  readonly byKind: Readonly<Partial<Record<FaultKind, number>>>;
  readonly first: readonly TraceFault[];
}

/** Faults that are kept with their lines; more are counted. */
export const FAULTS_KEPT = 1000;

/** Collects faults in bounded memory. */
export interface FaultBook {
  add(fault: TraceFault): void;
  faults(): TraceFaults;
}

/** An empty book. */
export function createFaultBook(): FaultBook {
  const byKind: Partial<Record<FaultKind, number>> = {};
  const first: TraceFault[] = [];
  let total = 0;
  return {
    add: (fault) => {
      total++;
      byKind[fault.kind] = (byKind[fault.kind] ?? 0) + 1;
      if (first.length < FAULTS_KEPT) first.push(fault);
    },
    faults: () => ({ total, byKind, first: first.toSorted((a, b) => a.line - b.line) }),
  };
}
