/** What breaks the frames of an event stream before the SDK would see it, or where it would not. */
export class FrameError extends Error {
  override readonly name: string = "FrameError";
}

/** Length, headers' length and two checksums: the least that a frame is (AWS's event stream encoding). */
const LEAST_BYTES = 16;
/** Payload parts are small; the SDK sets aside whatever memory a frame's first four bytes ask for. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Watches a stream of frames pass: their lengths before anybody believes them, and an end inside a frame, which the
 * SDK takes for a clean end where it falls into a frame's first four bytes. Checksums stay the SDK's work.
 */
export function guardFrames(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let lengthBytes = 0;
  let length = 0;
  let left = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        for (let at = 0; at < bytes.length;) {
          if (left > 0) {
            const step = Math.min(left, bytes.length - at);
            left -= step;
            at += step;
            continue;
          }
          length = length * 256 + (bytes[at] ?? 0);
          at += 1;
          lengthBytes += 1;
          if (lengthBytes < 4) continue;
          if (length < LEAST_BYTES || length > MOST_BYTES) {
            throw new FrameError(`a frame of ${length} bytes`);
          }
          left = length - 4;
          lengthBytes = 0;
          length = 0;
        }
        controller.enqueue(bytes);
      },
      flush: () => {
        if (left > 0 || lengthBytes > 0) throw new Error("the stream ended inside a frame");
      },
    }),
  );
}
