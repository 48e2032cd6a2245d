import type { ChatUsage } from "@qwq-fit/wire";
import type { EngineState } from "../engine.ts";
import type { HostPhase } from "./engine-host.ts";

/** Counts of a running server, told as Prometheus reads them. */
export interface Metrics {
  request(path: string, status: number): void;
  firstToken(ms: number): void;
  usage(usage: ChatUsage): void;
  /** Prometheus's text format, version 0.0.4. */
  render(phase: HostPhase, state: EngineState | null): string;
}

/** Seconds; a first token takes milliseconds on a GPU and minutes on a CPU. */
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Fresh counts. Paths are the routes, never what a caller wrote: their number is bounded. */
export function createMetrics(): Metrics {
  const requests = new Map<string, number>();
  const buckets = FIRST_TOKEN_BUCKETS.map(() => 0);
  const tokens = { prompt: 0, cached: 0, completion: 0, reasoning: 0 };
  let firstTokens = 0;
  let firstTokenSeconds = 0;

  return {
    request: (path, status) => {
      const labels = `path="${path}",status="${status}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
    },
    firstToken: (ms) => {
      firstTokens += 1;
      firstTokenSeconds += ms / 1000;
      for (const [index, bound] of FIRST_TOKEN_BUCKETS.entries()) {
        if (ms / 1000 <= bound) buckets[index] = (buckets[index] ?? 0) + 1;
      }
    },
    usage: (usage) => {
      tokens.prompt += usage.prompt_tokens;
      tokens.cached += usage.prompt_tokens_details?.cached_tokens ?? 0;
      tokens.completion += usage.completion_tokens;
      tokens.reasoning += usage.completion_tokens_details?.reasoning_tokens ?? 0;
    },
    render: (phase, state) =>
      [
        "# TYPE qwq_fit_requests_total counter",
        ...[...requests].map(([labels, count]) => `qwq_fit_requests_total{${labels}} ${count}`),
        "# TYPE qwq_fit_tokens_total counter",
        ...Object.entries(tokens).map(([kind, n]) => `qwq_fit_tokens_total{kind="${kind}"} ${n}`),
        "# TYPE qwq_fit_time_to_first_token_seconds histogram",
        ...FIRST_TOKEN_BUCKETS.map(
          (bound, index) =>
            `qwq_fit_time_to_first_token_seconds_bucket{le="${bound}"} ${buckets[index] ?? 0}`,
        ),
        `qwq_fit_time_to_first_token_seconds_bucket{le="+Inf"} ${firstTokens}`,
        `qwq_fit_time_to_first_token_seconds_sum ${firstTokenSeconds}`,
        `qwq_fit_time_to_first_token_seconds_count ${firstTokens}`,
        "# TYPE qwq_fit_engine_ready gauge",
        `qwq_fit_engine_ready ${phase === "ready" || phase === "saturated" ? 1 : 0}`,
        ...(state === null ? [] : engineLines(state)),
        "",
      ].join("\n"),
  };
}

function engineLines(state: EngineState): string[] {
  const gauges: Readonly<Record<string, number | null>> = {
    slots: state.slots,
    slots_free: state.freeSlots,
    requests_running: state.running,
    requests_queued: state.queued,
    prompt_tokens_queued: state.queuedPromptTokens,
    kv_tokens_reserved: state.kvReservedTokens,
    kv_tokens: state.kvTotalTokens,
    engine_crashes: state.crashes,
    prefill_tokens_per_second: state.measured.prefillTokensPerSecond,
    decode_tokens_per_second: state.measured.decodeTokensPerSecond,
  };
  return Object.entries(gauges).flatMap(([name, value]) =>
    value === null ? [] : [`# TYPE qwq_fit_${name} gauge`, `qwq_fit_${name} ${value}`],
  );
}
