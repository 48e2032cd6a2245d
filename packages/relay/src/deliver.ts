import { encodeSseComment, type SseFrame } from "@qwq-fit/wire";
import { joinFrames } from "./frames.ts";
import type { RelayPorts } from "./ports.ts";

const PING = new TextEncoder().encode(encodeSseComment("ping"));

/**
 * A generator's frames as a stream of bytes with back-pressure. Comments keep the connection open while nothing
 * comes; they stand between events, since each piece is made of whole events. When the reader goes
 * away the generator is ended, and with it the node's stream.
 */
export function toStream(
  pieces: AsyncGenerator<readonly SseFrame[]>,
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
        await pieces.return(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 1 },
  );
}
