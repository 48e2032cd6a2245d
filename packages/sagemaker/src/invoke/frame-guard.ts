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
 * SDK takes for a clean end where it falls into a frame's first four bytes. Checksums stay the SDK's work. What came
 * whole before a break is handed on before the break is told.
 */
export function guardFrames(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let lengthBytes = 0;
  let length = 0;
  let left = 0;
  let fault: FrameError | null = null;

  /** How many of the bytes may be handed on: all, or those before a frame that cannot be. */
  const look = (bytes: Uint8Array): number => {
    let whole = 0;
    for (let at = 0; at < bytes.length;) {
      if (left > 0) {
        const step = Math.min(left, bytes.length - at);
        left -= step;
        at += step;
        if (left === 0) whole = at;
        continue;
      }
      length = length * 256 + (bytes[at] ?? 0);
      at += 1;
      lengthBytes += 1;
      if (lengthBytes < 4) continue;
      if (length < LEAST_BYTES || length > MOST_BYTES) {
        fault = new FrameError(`a frame of ${length} bytes`);
        return whole;
      }
      left = length - 4;
      lengthBytes = 0;
      length = 0;
    }
    return bytes.length;
  };
  const stop = async (why: FrameError): Promise<never> => {
    await reader.cancel().catch(() => undefined);
    throw why;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (fault !== null) return stop(fault);
        const { done, value } = await reader.read();
        if (!done) {
          const whole = look(value);
          if (whole > 0) return controller.enqueue(value.subarray(0, whole));
          if (fault !== null) return stop(fault);
          return controller.enqueue(value);
        }
        if (left > 0 || lengthBytes > 0) throw new Error("the stream ended inside a frame");
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
