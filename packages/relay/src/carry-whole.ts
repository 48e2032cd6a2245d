import type { RankedNode } from "@qwq-fit/schema";
import { createWatchdog } from "./watchdog.ts";
import type { Queue } from "./compete.ts";
import { orAborted } from "./either.ts";
import { ABORTED, type Failure, nodeFailure } from "./failure.ts";
import { failureOfStatus } from "./failure-of-status.ts";
import type { RelayLog } from "./log.ts";
import type { RelayCall, RelayPorts } from "./ports.ts";
import { reportOf } from "./report.ts";
import { readAnswerText } from "./read-answer-text.ts";
import { parseAnswer } from "./whole-answer.ts";

export type WholeResult =
  | { readonly ok: true; readonly node: string; readonly text: string }
  | { readonly ok: false; readonly node: string; readonly failure: Failure };

const PATHS = { chat: "/chat/completions", completions: "/completions", embeddings: "/embeddings" };
/** A node may take half as long again as was predicted at the worst. */
const PATIENCE = 1.5;

/** An answer without a stream: nothing is delivered until one node's answer is whole. */
export async function carryWhole(
  call: RelayCall,
  queue: Queue,
  signal: AbortSignal,
  log: RelayLog,
  ports: RelayPorts,
): Promise<WholeResult> {
  const body = JSON.stringify(call.body);
  let last: WholeResult = { ok: false, node: "", failure: nodeFailure("no_node_available") };
  let busy: Failure | null = null;
  for (;;) {
    const ranked = queue.shift();
    if (ranked === undefined || log.attempts.length >= call.limits.attempts) {
      return busy === null ? last : { ok: false, node: last.node, failure: busy };
    }
    if (log.attempts.length > 0 && ports.mayRetry?.() === false) return last;
    const startedMs = ports.now();
    ports.onStart?.(ranked.node);
    const result = await askOnce(call, ranked, body, signal, ports);
    const failure = result.ok ? null : result.failure;
    const outcome = failure === null ? "ok" : failure.fault === "node" ? "fault" : failure.fault;
    log.attempts.push({
      node: ranked.node,
      startedMs: startedMs - log.arrivedMs,
      endedMs: ports.now() - log.arrivedMs,
      outcome: failure === null ? "served" : failure.fault === "aborted" ? "aborted" : "failed",
      reason: failure?.code ?? null,
    });
    const report = reportOf(ranked.node, call.shape.model, outcome, failure);
    if (result.ok) {
      log.usage = result.usage;
      log.firstTokenMs = ports.now();
    }
    ports.onEnd?.({
      ...report,
      outputTokens: log.usage?.completion_tokens ?? null,
      promptTokens: log.usage?.prompt_tokens ?? null,
    });
    if (result.ok) return { ok: true, node: ranked.node, text: result.text };
    last = { ok: false, node: ranked.node, failure: result.failure };
    if (result.failure.fault === "caller" || result.failure.fault === "aborted") return last;
    if (result.failure.fault === "busy" && (busy?.code ?? "saturated") !== "context_too_long") {
      busy = result.failure;
    }
  }
}

type Asked =
  | { readonly ok: true; readonly text: string; readonly usage: RelayLog["usage"] }
  | { readonly ok: false; readonly failure: Failure };

async function askOnce(
  call: RelayCall,
  ranked: RankedNode,
  body: string,
  signal: AbortSignal,
  ports: RelayPorts,
): Promise<Asked> {
  const transport = ports.transport(ranked.node);
  if (transport === undefined) return { ok: false, failure: nodeFailure("network") };
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  let timedOut = false;
  const { limits } = call;
  const limitMs = Math.max(
    limits.firstTokenMs,
    limits.idleMs,
    ranked.timeToAnswerMs.high * PATIENCE,
  );
  const watchdog = createWatchdog(ports, limitMs, () => {
    timedOut = true;
    stop();
  });
  try {
    const sent = transport({
      path: PATHS[call.api],
      body,
      headers: call.headers,
      signal: abort.signal,
    });
    const response = await orAborted(sent, abort.signal);
    const text = await readAnswerText(response, limits.bodyBytes, abort.signal);
    if (response.status !== 200) {
      return {
        ok: false,
        failure: failureOfStatus(response.status, text ?? "", response.headers, ports.epoch?.()),
      };
    }
    if (text === null) return { ok: false, failure: nodeFailure("protocol_error") };
    const answer = parseAnswer(text, call.api);
    return answer.ok ? { ok: true, text, usage: answer.completion.usage ?? null } : answer;
  } catch {
    if (signal.aborted) {
      return { ok: false, failure: ABORTED };
    }
    return { ok: false, failure: nodeFailure(timedOut ? "timeout" : "network") };
  } finally {
    watchdog.stop();
    signal.removeEventListener("abort", stop);
  }
}
