import type { Outcome } from "./simulate.ts";

/** What users of a fleet met. Times in ms; NaN where nobody was served. */
export interface Summary {
  readonly requests: number;
  readonly served: number;
  readonly rejected: number;
  readonly meanTimeToFirstTokenMs: number;
  readonly p50TimeToFirstTokenMs: number;
  readonly p95TimeToFirstTokenMs: number;
  readonly p99TimeToFirstTokenMs: number;
  readonly meanTotalMs: number;
  readonly p50TotalMs: number;
  readonly p95TotalMs: number;
  /** Requests served by each node. */
  readonly servedBy: readonly number[];
}

/** Collects outcomes; memory is two numbers a request. */
export interface Collector {
  add(outcome: Outcome): void;
  summary(): Summary;
}

/** The value below which a share `q` of a sorted list lies (nearest rank). */
function quantile(sorted: Float64Array, q: number): number {
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
  );
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? Number.NaN : sum / values.length;
}

/** The list with room for twice as many. */
function grown(list: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(list.length * 2);
  larger.set(list);
  return larger;
}

/** An empty collector for a fleet of this size. */
export function createCollector(nodes: number): Collector {
  let first = new Float64Array(1024);
  let total = new Float64Array(1024);
  let served = 0;
  let requests = 0;
  const servedBy = Array.from({ length: nodes }, () => 0);
  return {
    add: (outcome) => {
      requests++;
      if (outcome.node < 0) return;
      if (served === first.length) {
        first = grown(first);
        total = grown(total);
      }
      first[served] = outcome.timeToFirstTokenMs;
      total[served] = outcome.totalMs;
      served++;
      servedBy[outcome.node] = (servedBy[outcome.node] ?? 0) + 1;
    },
    summary: () => {
      const firsts = first.slice(0, served).toSorted();
      const totals = total.slice(0, served).toSorted();
      return {
        requests,
        served,
        rejected: requests - served,
        meanTimeToFirstTokenMs: mean(firsts),
        p50TimeToFirstTokenMs: quantile(firsts, 0.5),
        p95TimeToFirstTokenMs: quantile(firsts, 0.95),
        p99TimeToFirstTokenMs: quantile(firsts, 0.99),
        meanTotalMs: mean(totals),
        p50TotalMs: quantile(totals, 0.5),
        p95TotalMs: quantile(totals, 0.95),
        servedBy: [...servedBy],
      };
    },
  };
}
