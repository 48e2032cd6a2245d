/** Gathers frames into messages: a Durable Object pays for each message, and is one thread. */
export interface Batcher {
  /** `urgent`: goes out as soon as what is being done is done; else within a few ms, with what comes by then. */
  add(frame: Uint8Array, urgent: boolean): void;
  flush(): void;
  /** Forgets what is held; nothing is sent any more. */
  stop(): void;
}

export interface BatcherPorts {
  readonly send: (message: Uint8Array) => void;
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Runs when what is being done is done; at once is allowed. */
  readonly soon: (run: () => void) => void;
  /** Longest wait of a frame that is not urgent, ms. */
  readonly batchMs: number;
}

/** A message goes out at once when it holds so much. */
const FULL_BYTES = 16 * 1024;

/** A batcher of one connection. */
export function createBatcher({ send, timer, soon, batchMs }: BatcherPorts): Batcher {
  let frames: Uint8Array[] = [];
  let bytes = 0;
  let cancel: (() => void) | null = null;
  let hurried = false;
  let stopped = false;

  const flush = (): void => {
    cancel?.();
    cancel = null;
    hurried = false;
    const [only] = frames;
    if (only === undefined || stopped) return;
    let message = only;
    if (frames.length > 1) {
      message = new Uint8Array(bytes);
      let at = 0;
      for (const frame of frames) {
        message.set(frame, at);
        at += frame.length;
      }
    }
    frames = [];
    bytes = 0;
    send(message);
  };
  return {
    flush,
    add: (frame, urgent) => {
      if (stopped) return;
      frames.push(frame);
      bytes += frame.length;
      if (bytes >= FULL_BYTES) flush();
      else if (urgent && !hurried) {
        hurried = true;
        soon(flush);
      } else if (!hurried) cancel ??= timer(batchMs, flush);
    },
    stop: () => {
      stopped = true;
      frames = [];
      bytes = 0;
      cancel?.();
      cancel = null;
    },
  };
}
