import { createSseScanner, readFrame, type SseFrame, type StreamWatch } from "@qwq-fit/wire";
import { type Failure, nodeFailure } from "./failure.ts";
import type { headKind } from "./frames.ts";
import type { RelayPorts } from "./ports.ts";

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
  response: Response,
  watch: StreamWatch,
  signal: AbortSignal,
  looksWhole: RelayPorts["looksWhole"],
): FrameSource {
  const reader = readerOf(response);
  const scanner = createSseScanner();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), {
    once: true,
  });

  const judge = (
    frames: readonly SseFrame[],
    kindOf: typeof headKind | null,
  ): SourceStep | null => {
    let sawToken = false;
    let good = 0;
    const broken = (code: string): SourceStep => ({
      kind: "failed",
      frames: frames.slice(0, good),
      failure: nodeFailure(code),
      sawToken,
    });
    for (const frame of frames) {
      if (kindOf !== null && !sawToken) {
        const kind = kindOf(frame);
        if (kind === "malformed") return broken("protocol_error");
        if (kind === "token") sawToken = true;
      }
      if (!watch.push(frame)) {
        const whole = looksWhole?.(frame.bytes) ?? readFrame(frame)?.kind !== "malformed";
        if (!frame.complete || !whole)
          return broken(frame.complete ? "protocol_error" : "stream_interrupted");
        good++;
        continue;
      }
      const verdict = watch.verdict();
      if (verdict.error !== null) return broken("upstream_error");
      if (verdict.done) {
        if (!verdict.whole) return broken("stream_interrupted");
        return { kind: "end", frames: frames.slice(0, good + 1), sawToken };
      }
      if (verdict.cut) return broken("stream_interrupted");
      good++;
    }
    return frames.length === 0 ? null : { kind: "frames", frames, sawToken };
  };

  return {
    drain: async () => {
      try {
        for (let bytes = 0; bytes <= DRAIN_BYTES;) {
          const { done, value } = await reader.read();
          if (done) return;
          bytes += value.length;
        }
        await reader.cancel();
      } catch {
        // The answer was whole: how its connection ended does not matter.
      }
    },
    read: async (kindOf) => {
      for (;;) {
        let chunk: { done: boolean; value?: Uint8Array | undefined };
        let frames: readonly SseFrame[];
        try {
          chunk = await reader.read();
          if (signal.aborted) throw new Error("aborted");
          frames = chunk.done
            ? endOf(scanner.end())
            : scanner.push(chunk.value ?? new Uint8Array(0));
        } catch (error) {
          const code =
            error instanceof Error && error.name === "WireError"
              ? "protocol_error"
              : "stream_interrupted";
          return { kind: "failed", frames: [], failure: nodeFailure(code), sawToken: false };
        }
        const step = judge(frames, kindOf);
        if (step !== null && (step.kind !== "frames" || !chunk.done)) {
          if (step.kind === "failed") void reader.cancel().catch(() => undefined);
          return step;
        }
        if (chunk.done) {
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
function readerOf(
  response: Response,
): Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel"> {
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

const endOf = (frame: SseFrame | null): readonly SseFrame[] => (frame === null ? [] : [frame]);
