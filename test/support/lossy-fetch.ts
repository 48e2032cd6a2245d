import { seeded } from "./fault.ts";

/** A network that loses connections. */
export interface LossyNetwork {
  readonly fetch: typeof fetch;
  /** Connections that were lost. */
  readonly losses: () => number;
}

/**
 * A fetch whose connections are lost: before anything was answered, or after some bytes, wherever those end. Some look
 * like a clean end, as workerd shows a cut stream. After `most` losses it is a good network.
 */
export function lossyFetch(send: typeof fetch, seed: number, most: number): LossyNetwork {
  const random = seeded(seed);
  let losses = 0;
  const lossy: typeof fetch = async (input, init) => {
    if (losses >= most) return send(input, init);
    if (random() < 0.15) {
      losses += 1;
      // The request may have arrived or not.
      if (random() < 0.5) await send(input, init).then((lost) => lost.body?.cancel());
      throw new TypeError("fetch failed");
    }
    const response = await send(input, init);
    if (response.body === null) return response;
    const reader = response.body.getReader();
    let left = Math.floor(random() * random() * 8000);
    const quietly = random() < 0.3;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        if (value.length <= left || losses >= most) {
          left -= value.length;
          return controller.enqueue(value);
        }
        losses += 1;
        if (left > 0) controller.enqueue(value.subarray(0, left));
        await reader.cancel().catch(() => undefined);
        return quietly ? controller.close() : controller.error(new TypeError("terminated"));
      },
      cancel: () => reader.cancel(),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
  return { fetch: lossy, losses: () => losses };
}
