import type { RankedNode } from "@qwq-fit/schema";
import { DONE_EVENT, encodeSseComment, type SseFrame } from "@qwq-fit/wire";
import { compete, type Queue, type Winner } from "./compete.ts";
import type { AnswerSoFar } from "./continuation.ts";
import type { Failure } from "./failure.ts";
import type { Step } from "./frame-source.ts";
import { frameOf } from "./frames.ts";
import type { RelayLog } from "./log.ts";
import type { RelayCall, RelayPorts, Voice } from "./ports.ts";
import { reportOf } from "./report.ts";

const BLANK_LINE = frameOf("\n\n");

/** What a stream's delivery needs to know besides the winner. */
export interface Carriage {
  readonly call: RelayCall;
  readonly queue: Queue;
  readonly log: RelayLog;
  readonly ports: RelayPorts;
  readonly signal: AbortSignal;
  /** Tells a deadline from the caller's own abort. */
  readonly name: (failure: Failure) => Failure;
  readonly voice: Voice;
  /** How the stream ends for who reads bytes: with its receipt. */
  readonly seal: (node: string) => readonly SseFrame[];
  /** Called once, with the node that served last. */
  readonly finished: (node: string) => void;
}

/** Another answer of the same weights, greedily: then a continuation is the same text. */
function continuesExactly(call: RelayCall, from: string, to: string): boolean {
  const quantization = (name: string): string | null | undefined =>
    call.nodes
      .get(name)
      ?.models.find((one) => one.id === call.shape.model || one.aliases.includes(call.shape.model))
      ?.quantization;
  const known = quantization(from);
  return call.body["temperature"] === 0 && typeof known === "string" && known === quantization(to);
}

/**
 * The frames of a streamed answer, those of one read together, whatever happens to its nodes: whole, or ended by an
 * error event. Frames pass as they came; only a later node's are rewritten to belong to the first one's answer.
 */
export async function* carryStream(
  first: Winner,
  carriage: Carriage,
): AsyncGenerator<readonly SseFrame[]> {
  const { call, queue, log, ports, signal, voice } = carriage;
  // Loaded where it is used: most callers never continue, and browsers need not fetch it.
  const follow =
    call.mode === "continue" ? (await import("./continuation.ts")).followAnswer(call) : null;
  let winner = first;
  let served = first.ok ? first.ranked.node : "";
  // What the answer began on: every later part must be of the same weights to count as exact.
  const origin = served;
  let rewriting = false;
  let held: SseFrame[] = [];
  const asked = new Set<string>();
  try {
    for (;;) {
      if (!winner.ok) {
        yield [voice.error(carriage.name(winner.failure)), ...carriage.seal(served)];
        return;
      }
      const { stream, ranked } = winner;
      served = ranked.node;
      log.firstTokenMs ??= stream.firstTokenMs;
      let lastTokenMs = stream.firstTokenMs;
      let step: Step = { kind: stream.whole ? "end" : "frames", frames: stream.head };
      let last: readonly SseFrame[] = [];
      let read = false;
      try {
        for (;;) {
          const frames = pass(step.frames, rewriting ? follow : null, follow);
          if (call.mode === "hold") held.push(...frames);
          else if (step.kind === "end") last = frames;
          else if (frames.length > 0) yield frames;
          if (step.kind !== "frames") break;
          lastTokenMs = ports.now();
          step = await stream.next();
        }
        read = true;
      } finally {
        // Also when the caller stops reading: the node must not go on for nobody.
        stream.cancel();
        if (!read) noteEnd(carriage, winner, CALLER_GONE, lastTokenMs);
      }
      const verdict = stream.watch.verdict();
      log.usage = verdict.usage ?? log.usage;
      const failure = step.kind === "failed" ? step.failure : null;
      noteEnd(carriage, winner, failure, lastTokenMs);
      if (failure === null) {
        // The end and the receipt in one piece: one write instead of two.
        yield [...held, ...last, ...carriage.seal(served)];
        return;
      }
      if (failure.fault === "aborted" || call.mode === "error") {
        yield [voice.error(carriage.name(failure)), ...carriage.seal(served)];
        return;
      }
      if (follow?.finished === true) {
        // The node ended its answer and only the end marker is missing: the text is whole.
        yield [frameOf(DONE_EVENT), ...carriage.seal(served)];
        return;
      }
      held = [];
      if (!asked.has(ranked.node)) requeue(queue, ranked, asked);
      if (follow === null) {
        winner = await compete(call, queue, JSON.stringify(call.body), signal, log, ports);
        continue;
      }
      const body = follow.nextBody();
      keep(queue, (one) => call.nodes.get(one.node)?.capabilities.continuation === true);
      if (body === null || queue.length === 0) {
        yield [voice.error(failure), ...carriage.seal(served)];
        return;
      }
      rewriting = true;
      winner = await compete(call, queue, JSON.stringify(body), signal, log, ports);
      if (winner.ok && !continuesExactly(call, origin, winner.ranked.node)) {
        log.continued = true;
        yield [frameOf(encodeSseComment(`continued on ${winner.ranked.node}`))];
      }
    }
  } finally {
    carriage.finished(served);
  }
}

/** The caller stopped reading. */
export const CALLER_GONE: Failure = {
  code: "aborted",
  fault: "aborted",
  retryAfterMs: null,
  param: null,
};

/** Writes the end of a try that had a token into the log, and tells whoever counts. */
export function noteEnd(
  carriage: Pick<Carriage, "call" | "log" | "ports">,
  winner: Winner & { readonly ok: true },
  failure: Failure | null,
  lastTokenMs: number,
): void {
  const { call, log, ports } = carriage;
  const { stream, ranked } = winner;
  const aborted = failure?.fault === "aborted";
  log.attempts.push({
    node: ranked.node,
    startedMs: stream.startedMs - log.arrivedMs,
    endedMs: ports.now() - log.arrivedMs,
    outcome: failure === null ? "served" : aborted ? "aborted" : "cut",
    reason: failure?.code ?? null,
  });
  const outcome = failure === null ? "ok" : aborted ? "aborted" : "fault";
  ports.onEnd?.(reportOf(ranked.node, call.shape.model, outcome, failure, stream, lastTokenMs));
}

function pass(
  frames: readonly SseFrame[],
  rewriter: AnswerSoFar | null,
  follow: AnswerSoFar | null,
): readonly SseFrame[] {
  if (follow === null && frames.at(-1)?.complete !== false) return frames;
  return frames.flatMap((frame) => {
    if (rewriter === null) follow?.push(frame);
    const own = rewriter === null ? frame : rewriter.rewrite(frame);
    if (own === null) return [];
    // A last event that came without its blank line must not run into what follows it.
    return own.complete ? [own] : [own, BLANK_LINE];
  });
}

/** A node whose stream broke may be asked once more, after all others. */
function requeue(queue: Queue, ranked: RankedNode, asked: Set<string>): void {
  asked.add(ranked.node);
  queue.push(ranked);
}

function keep(queue: Queue, wanted: (one: RankedNode) => boolean): void {
  const kept = queue.filter(wanted);
  queue.splice(0, queue.length, ...kept);
}
