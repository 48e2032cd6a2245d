import type { RankedNode } from "@qwq-fit/schema";
import { type OpenResult, openStream, type OpenStream } from "./attempt.ts";
import { type Failure, nodeFailure } from "./failure.ts";
import type { RelayLog } from "./log.ts";
import type { AttemptReport, RelayCall, RelayPorts } from "./ports.ts";
import { reportOf } from "./report.ts";

export type Winner =
  | { readonly ok: true; readonly stream: OpenStream; readonly ranked: RankedNode }
  | { readonly ok: false; readonly failure: Failure; readonly tried: number };

/** Nodes still to try, best first; taken from as they are tried, so that no node is tried twice. */
export type Queue = RankedNode[];

interface Race {
  readonly ranked: RankedNode;
  readonly abort: AbortController;
  readonly startedMs: number;
  readonly done: Promise<{ readonly race: Race; readonly result: OpenResult }>;
}

/** A node may take half as long again as was predicted at the worst before another is asked. */
const PATIENCE = 1.5;

/**
 * The first stream that gives a token. Nodes are asked one after the other as they fail; where the policy
 * hedges, a second is asked beside the first once that is later than predicted, and the slower is dropped.
 */
export async function compete(
  call: RelayCall,
  queue: Queue,
  body: string,
  signal: AbortSignal,
  log: RelayLog,
  ports: RelayPorts,
): Promise<Winner> {
  const running = new Set<Race>();
  const failures: Failure[] = [];
  let tried = 0;
  let hedged = false;

  const launch = (): boolean => {
    const ranked = queue.shift();
    if (ranked === undefined) return false;
    tried++;
    running.add(start(call, ranked, body, signal, queue.length > 0, ports));
    return true;
  };
  const mayTry = (): boolean =>
    queue.length > 0 &&
    log.attempts.length + running.size < call.limits.attempts &&
    (ports.mayRetry?.() ?? true);
  const drop = (race: Race): void => {
    running.delete(race);
    race.abort.abort();
    note(race, "hedge-lost", "aborted", null);
  };
  const note = (
    race: Race,
    outcome: "failed" | "hedge-lost" | "aborted",
    report: AttemptReport["outcome"],
    failure: Failure | null,
  ): void => {
    const endedMs = ports.now();
    log.attempts.push({
      node: race.ranked.node,
      startedMs: race.startedMs - log.arrivedMs,
      endedMs: endedMs - log.arrivedMs,
      outcome,
      reason: failure?.code ?? null,
    });
    ports.onEnd?.(reportOf(race.ranked.node, call.shape.model, report, failure));
  };

  if (!launch()) return { ok: false, failure: nodeFailure("no_node_available"), tried };
  for (;;) {
    const first = [...running][0];
    if (first === undefined) return { ok: false, failure: told(failures), tried };
    const hedgeAfterMs =
      call.policy.hedge && !hedged && running.size === 1 && queue.length > 0
        ? Math.max(0, first.startedMs + first.ranked.timeToFirstTokenMs.high - ports.now())
        : null;
    const event = await nextEvent(running, hedgeAfterMs, ports);
    if (event === null) {
      hedged = true;
      if (mayTry()) launch();
      continue;
    }
    const { race, result } = event;
    running.delete(race);
    if (result.ok) {
      for (const loser of running) {
        drop(loser);
        // It was only slower: it may still go on with the answer should this one break.
        queue.push(loser.ranked);
      }
      return { ok: true, stream: result.stream, ranked: race.ranked };
    }
    const { failure } = result;
    if (failure.fault === "aborted" || failure.fault === "caller") {
      note(race, failure.fault === "aborted" ? "aborted" : "failed", failure.fault, failure);
      for (const loser of running) drop(loser);
      return { ok: false, failure, tried };
    }
    failures.push(failure);
    note(race, "failed", failure.fault === "busy" ? "busy" : "fault", failure);
    if (mayTry()) launch();
  }
}

function start(
  call: RelayCall,
  ranked: RankedNode,
  body: string,
  signal: AbortSignal,
  othersLeft: boolean,
  ports: RelayPorts,
): Race {
  const abort = new AbortController();
  if (signal.aborted) abort.abort();
  const stop = (): void => abort.abort();
  signal.addEventListener("abort", stop, { once: true });
  const startedMs = ports.now();
  ports.onStart?.(ranked.node);
  const { limits, policy } = call;
  const patient = Math.max(limits.firstTokenMs, ranked.timeToFirstTokenMs.high * PATIENCE);
  const wished = policy.limits.timeToFirstTokenMs;
  const firstTokenMs = wished !== null && othersLeft ? Math.min(patient, wished) : patient;
  const transport = ports.transport(ranked.node);
  const opening: Promise<OpenResult> =
    transport === undefined
      ? Promise.resolve({ ok: false, failure: nodeFailure("network") })
      : openStream(
          transport,
          {
            node: ranked.node,
            api: call.api,
            path: call.api === "completions" ? "/completions" : "/chat/completions",
            body,
            headers: call.headers,
            choices: choicesOf(call.body),
            includeUsage: wantsUsage(call.body),
            firstTokenMs,
            limits,
            abort,
            signal,
          },
          ports,
        );
  const race: Race = {
    ranked,
    abort,
    startedMs,
    done: opening.then((result) => ({ race, result })),
  };
  return race;
}

/** Choices that the request asks for. */
function choicesOf(body: RelayCall["body"]): number {
  const { n } = body;
  return typeof n === "number" && n > 1 ? n : 1;
}

function wantsUsage(body: RelayCall["body"]): boolean {
  const options = body["stream_options"];
  return (
    typeof options === "object" &&
    options !== null &&
    Reflect.get(options, "include_usage") === true
  );
}

/** The next race to end; null when the time to hedge has come first. */
async function nextEvent(
  running: ReadonlySet<Race>,
  hedgeAfterMs: number | null,
  ports: RelayPorts,
): Promise<{ readonly race: Race; readonly result: OpenResult } | null> {
  const [first] = running;
  if (hedgeAfterMs === null && running.size === 1 && first !== undefined) return first.done;
  const ends = [...running].map((race) => race.done);
  if (hedgeAfterMs === null) return Promise.race(ends);
  let cancel: (() => void) | undefined;
  const late = new Promise<null>((resolve) => {
    cancel = ports.timer(hedgeAfterMs, () => resolve(null));
  });
  try {
    return await Promise.race([...ends, late]);
  } finally {
    cancel?.();
  }
}

/** The failure that a caller is told of when all nodes failed: the one with the best prospect. */
function told(failures: readonly Failure[]): Failure {
  const busy = failures.filter((one) => one.retryAfterMs !== null);
  if (busy.length > 0) {
    // Starting where all are: nobody has a slot to wait for, but it is known when to come back.
    const code = busy.find((one) => one.code === "saturated")?.code ?? "no_node_available";
    const retryAfterMs = Math.min(...busy.map((one) => one.retryAfterMs ?? 0));
    return { code, fault: "busy", retryAfterMs, param: null };
  }
  const long = failures.find((one) => one.code === "context_too_long");
  return long ?? failures.at(-1) ?? nodeFailure("no_node_available");
}
