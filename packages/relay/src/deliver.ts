import { encodeSseComment } from "@qwq-fit/wire";
import type { FrameSteps } from "./carry-stream.ts";
import { joinFrames } from "./frames.ts";
import type { RelayPorts } from "./ports.ts";

/** The comment that keeps a connection open. */
export const PING: Uint8Array = new TextEncoder().encode(encodeSseComment("ping"));

/**
 * Frames as a stream of bytes with back-pressure. Comments keep the connection open while nothing
 * comes; they stand between events, since each piece is made of whole events. When the reader goes
 * away the node's stream is ended.
 */
export function toStream(
  pieces: FrameSteps,
  keepAliveMs: number,
  ports: Pick<RelayPorts, "now" | "timer">,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  let lastMs = ports.now();
  let cancelTimer: (() => void) | null = null;
  let over = false;
  const finish = (): void => {
    over = true;
    cancelTimer?.();
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const arm = (ms: number): void => {
          cancelTimer = ports.timer(ms, () => {
            if (over) return;
            const left = lastMs + keepAliveMs - ports.now();
            // With unread bytes waiting, the reader is what is slow: nothing needs keeping open.
            if (left <= 0 && (controller.desiredSize ?? 0) > 0) {
              controller.enqueue(PING);
              lastMs = ports.now();
            }
            arm(left > 0 ? left : keepAliveMs);
          });
        };
        arm(keepAliveMs);
      },
      pull: async (controller) => {
        try {
          const piece = await pieces.next();
          lastMs = ports.now();
          if (over) return;
          if (piece.done === true) {
            finish();
            controller.close();
          } else {
            controller.enqueue(joinFrames(piece.value));
          }
        } catch (error) {
          finish();
          controller.error(error);
        }
      },
      cancel: async () => {
        finish();
        onCancel();
        await pieces.return().catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
