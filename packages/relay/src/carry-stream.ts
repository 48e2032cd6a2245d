import type { SseFrame } from "@qwq-fit/wire";
import { compete, type Queue, type Winner } from "./compete.ts";
import { ABORTED, type Failure } from "./failure.ts";
import type { Step } from "./frame-source.ts";
import { frameOf } from "./frames.ts";
import type { RelayLog } from "./log.ts";
import type { RelayCall, RelayPorts, Voice } from "./ports.ts";
import type { Recovery } from "./recovery.ts";
import { reportOf } from "./report.ts";

/** A last event that came without its blank line must not run into what follows it. */
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

/** The frames of a streamed answer, those of one read together. A hand-made generator: each `await` of a real one costs. */
export interface FrameSteps extends AsyncIterable<readonly SseFrame[]> {
  next(): Promise<IteratorResult<readonly SseFrame[], undefined>>;
  /** The reader has gone; the node's stream ends, also one that nobody began to read. */
  return(value?: undefined): Promise<IteratorResult<readonly SseFrame[], undefined>>;
  [Symbol.asyncIterator](): FrameSteps;
}

const OVER = { done: true, value: undefined } as const;

/**
 * The frames of a streamed answer whatever happens to its nodes: whole, or ended by an error event. Frames pass as
 * they came; only a later node's are rewritten to belong to the first one's answer.
 */
export function carryStream(racing: Promise<Winner>, carriage: Carriage): FrameSteps {
  const { call, queue, log, ports, signal, voice } = carriage;
  let opened: (Winner & { readonly ok: true }) | null = null;
  /** What was read and not yet handed on. */
  let pending: Step | null = null;
  let served = "";
  let recovery: Recovery | null = null;
  let lastTokenMs = 0;
  let started = false;
  let busy = false;
  let left = false;
  /** The last frames are out; that they were read shows when more is asked for. */
  let ended = false;
  let over = false;

  const finish = (): void => {
    over = true;
    carriage.finished(served);
  };
  /** The last frames, with the receipt in one piece with them: one write instead of two. */
  const last = (frames: readonly SseFrame[]): readonly SseFrame[] => {
    ended = true;
    return [...frames, ...carriage.seal(served)];
  };
  const leaveOff = (): void => {
    if (opened !== null && !ended) {
      opened.stream.cancel();
      noteEnd(carriage, opened, ABORTED, lastTokenMs);
    }
    finish();
  };

  const enter = (winner: Winner): readonly SseFrame[] | null => {
    if (!winner.ok) return last([voice.error(carriage.name(winner.failure))]);
    opened = winner;
    const { stream, ranked } = winner;
    served = ranked.node;
    log.firstTokenMs ??= stream.firstTokenMs;
    lastTokenMs = stream.firstTokenMs;
    pending = { kind: stream.whole ? "end" : "frames", frames: stream.head };
    return recovery?.enter(served) ?? null;
  };

  /** What a stream's end or break becomes; null where another node goes on. */
  const leave = async (
    winner: Winner & { readonly ok: true },
    frames: readonly SseFrame[],
    failure: Failure | null,
  ): Promise<readonly SseFrame[] | null> => {
    const { stream, ranked } = winner;
    opened = null;
    stream.cancel();
    log.usage = stream.watch.verdict().usage ?? log.usage;
    noteEnd(carriage, winner, failure, lastTokenMs);
    if (failure === null) return last(recovery === null ? frames : [...recovery.held, ...frames]);
    const next = failure.fault === "aborted" ? null : (recovery?.next(ranked) ?? null);
    if (next === null) return last([voice.error(carriage.name(failure))]);
    if (!("body" in next)) return last(next);
    return enter(await compete(call, queue, JSON.stringify(next.body), signal, log, ports));
  };

  const advance = async (): Promise<readonly SseFrame[] | null> => {
    if (!started) {
      started = true;
      // Loaded where it is used: most callers are content with an error, and browsers need not fetch it.
      if (call.mode !== "error") {
        recovery = (await import("./recovery.ts")).createRecovery(call, queue, log);
      }
      const told = enter(await racing);
      if (told !== null) return told;
    }
    for (;;) {
      // `enter` and `leave` change it.
      const winner: (Winner & { readonly ok: true }) | null = opened;
      if (winner === null) return null;
      let step: Step;
      if (pending === null) {
        step = await winner.stream.next();
        if (step.kind === "frames") lastTokenMs = ports.now();
      } else {
        step = pending;
        pending = null;
      }
      let { frames } = step;
      if (frames.at(-1)?.complete === false) frames = [...frames, BLANK_LINE];
      if (recovery !== null) frames = recovery.pass(frames);
      const failure = step.kind === "failed" ? step.failure : (recovery?.failure ?? null);
      if (step.kind !== "end" && frames.length > 0) {
        // What came before a break is good; the break is told behind it.
        if (failure !== null) pending = { kind: "failed", frames: [], failure };
        return frames;
      }
      if (step.kind === "frames" && failure === null) continue;
      const told = await leave(winner, frames, failure);
      if (told !== null) return told;
    }
  };

  const steps: FrameSteps = {
    next: async () => {
      if (ended && !over) finish();
      if (over) return OVER;
      busy = true;
      try {
        const frames = await advance();
        return frames === null ? OVER : { done: false, value: frames };
      } catch (error) {
        finish();
        throw error;
      } finally {
        busy = false;
        if (left && !over) leaveOff();
      }
    },
    return: async () => {
      left = true;
      if (over || busy) return OVER;
      if (!started) {
        // Nobody began to read: the race must be ended and told here.
        started = true;
        busy = true;
        const winner = await racing;
        if (winner.ok) opened = winner;
        lastTokenMs = ports.now();
      }
      leaveOff();
      return OVER;
    },
    [Symbol.asyncIterator]: () => steps,
  };
  return steps;
}

/** Writes the end of a try that had a token into the log, and tells whoever counts. */
function noteEnd(
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
