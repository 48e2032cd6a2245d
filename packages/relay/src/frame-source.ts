import {
  createSseScanner,
  readFrame,
  type RunScanner,
  type SseFrame,
  type StreamWatch,
} from "@qwq-fit/wire";
import { type Failure, nodeFailure } from "./failure.ts";
import type { headKind } from "./frames.ts";
import type { UpstreamAnswer, UpstreamReader } from "./ports.ts";

/** What a read of an open stream gives. Frames are whole events; nothing broken is among them. */
export type Step =
  | { readonly kind: "frames"; readonly frames: readonly SseFrame[] }
  /** The answer is whole; the frames are the last ones, `[DONE]` among them. */
  | { readonly kind: "end"; readonly frames: readonly SseFrame[] }
  /** The stream broke; the frames before the break are good. */
  | { readonly kind: "failed"; readonly frames: readonly SseFrame[]; readonly failure: Failure };

/** A step, and whether a token was among its frames (looked for only where `kindOf` is given). */
export type SourceStep = Step & { readonly sawToken: boolean };

/** The frames of one node's answer. */
export interface FrameSource {
  read(kindOf: typeof headKind | null): Promise<SourceStep>;
  /**
   * Reads what comes behind `[DONE]` and drops it, so that the connection can serve again; a node that
   * goes on talking is cut off.
   */
  drain(): Promise<void>;
}

/** Most that is read behind an answer's end. */
const DRAIN_BYTES = 64 * 1024;

/**
 * Reads frames and stops at the first that is broken: a cut or malformed event, an error in the
 * stream, an end without `[DONE]` or without a finish reason.
 */
export function createFrameSource(
  response: UpstreamAnswer,
  watch: StreamWatch,
  signal: AbortSignal,
  quick?: RunScanner,
): FrameSource {
  const reader = readerOf(response);
  const scanner = quick ?? createSseScanner();
  /** Events that are looked at one by one. */
  let frames: SseFrame[] = [];
  signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), {
    once: true,
  });

  /** Looks at what came, as far as it must be looked at; null where it was no whole event. */
  const judge = (cut: SseFrame | null, kindOf: typeof headKind | null): SourceStep | null => {
    const good: SseFrame[] = [];
    let sawToken = false;
    const broken = (code: string): SourceStep => ({
      kind: "failed",
      frames: good,
      failure: nodeFailure(code),
      sawToken,
    });
    for (;;) {
      const looking = kindOf !== null && !sawToken;
      const frame = cut ?? frames.shift() ?? quick?.next(!looking);
      if (!frame) break;
      if (looking) {
        const kind = kindOf(frame);
        if (kind === "malformed") return broken("protocol_error");
        if (kind === "token") sawToken = true;
      }
      const plain = cut === null ? quick?.plainEvents : null;
      if (typeof plain === "number") watch.pass(plain);
      else if (watch.push(frame)) {
        const verdict = watch.verdict();
        if (verdict.error !== null) return broken("upstream_error");
        if (verdict.done) {
          if (!verdict.whole) return broken("stream_interrupted");
          good.push(frame);
          return { kind: "end", frames: good, sawToken };
        }
        if (verdict.cut) return broken("stream_interrupted");
      } else if (!frame.complete) return broken("stream_interrupted");
      else if (readFrame(frame)?.kind === "malformed") return broken("protocol_error");
      good.push(frame);
      if (cut !== null) break;
    }
    return good.length === 0 ? null : { kind: "frames", frames: good, sawToken };
  };

  return {
    drain: async () => {
      try {
        for (let bytes = 0; bytes <= DRAIN_BYTES;) {
          const { done, value } = await reader.read();
          if (done) return;
          bytes += value?.length ?? 0;
        }
        await reader.cancel();
      } catch {
        // The answer was whole: how its connection ended does not matter.
      }
    },
    read: async (kindOf) => {
      for (;;) {
        let over: boolean;
        let step: SourceStep | null;
        try {
          const { done, value } = await reader.read();
          if (signal.aborted) throw new Error("aborted");
          over = done;
          if (value) frames = scanner.push(value);
          const cut = over ? scanner.end() : null;
          step = over && cut === null ? null : judge(cut, kindOf);
        } catch (error) {
          const code =
            error instanceof Error && error.name === "WireError"
              ? "protocol_error"
              : "stream_interrupted";
          return { kind: "failed", frames: [], failure: nodeFailure(code), sawToken: false };
        }
        if (step !== null && (step.kind !== "frames" || !over)) {
          if (step.kind === "failed") void reader.cancel().catch(() => undefined);
          return step;
        }
        if (over) {
          const failure = nodeFailure("stream_interrupted");
          return {
            kind: "failed",
            frames: step?.frames ?? [],
            failure,
            sawToken: step?.sawToken ?? false,
          };
        }
      }
    },
  };
}

/** The body's reader. A host without streams (React Native) gives its text alone: then that is the one piece. */
function readerOf(response: UpstreamAnswer): UpstreamReader {
  if (response.body) return response.body.getReader();
  let read = false;
  return {
    read: async () => {
      if (read) return { done: true, value: undefined };
      read = true;
      return { done: false, value: new TextEncoder().encode(await response.text()) };
    },
    cancel: () => Promise.resolve(),
  };
}
