import type { QwqError } from "@qwq-fit/schema";

/** What is read of a body: all that has come since the last read, in one piece. */
export interface BodyRead {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** An answer's body, for one reader. */
export interface LinkBody {
  /** Rejects with a `QwqError` where the body breaks. Called again only when the last call has settled. */
  read(): Promise<BodyRead>;
  /** The reader goes away; what was not read is dropped. */
  cancel(): Promise<void>;
}

/** The writer's side of a body. */
export interface BodyQueue {
  readonly body: LinkBody;
  readonly push: (piece: Uint8Array) => void;
  readonly end: () => void;
  /** Drops what was not read, as a broken stream does. */
  readonly fail: (error: QwqError) => void;
  /** Bytes that wait to be read. */
  readonly waiting: number;
}

export interface BodyPorts {
  /** The reader has taken what was there. */
  readonly onRead: () => void;
  readonly onCancel: () => void;
}

interface Reader {
  readonly resolve: (read: BodyRead) => void;
  readonly reject: (error: QwqError) => void;
}

const DONE: BodyRead = { done: true };

/** A queue of bytes with one reader: what a `ReadableStream` does, at a tenth of its cost. */
export function createBodyQueue(ports: BodyPorts): BodyQueue {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  let broken: QwqError | null = null;
  let reader: Reader | null = null;
  let waking = false;

  const take = (): Uint8Array => {
    const [only] = pieces;
    let all = only ?? new Uint8Array(0);
    if (pieces.length > 1) {
      all = new Uint8Array(bytes);
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
    }
    pieces = [];
    bytes = 0;
    return all;
  };
  const answer = ({ resolve, reject }: Reader): void => {
    if (broken !== null) reject(broken);
    else if (bytes > 0) {
      resolve({ done: false, value: take() });
      ports.onRead();
    } else resolve(DONE);
  };
  const wake = (): void => {
    waking = false;
    if (reader === null) return;
    const waited = reader;
    reader = null;
    answer(waited);
  };
  const wakeSoon = (): void => {
    if (reader === null || waking) return;
    waking = true;
    // The frames of one message are pushed one after the other, before this.
    queueMicrotask(wake);
  };
  const drop = (): void => {
    pieces = [];
    bytes = 0;
  };
  return {
    get waiting() {
      return bytes;
    },
    push: (piece) => {
      if (ended || broken !== null) return;
      pieces.push(piece);
      bytes += piece.length;
      wakeSoon();
    },
    end: () => {
      ended = true;
      wakeSoon();
    },
    fail: (error) => {
      if (ended) return;
      broken ??= error;
      drop();
      wakeSoon();
    },
    body: {
      read: () =>
        new Promise((resolve, reject) => {
          const now = { resolve, reject };
          if (bytes > 0 || ended || broken !== null) answer(now);
          else reader = now;
        }),
      cancel: () => {
        const runs = !ended && broken === null;
        ended = true;
        drop();
        wakeSoon();
        if (runs) ports.onCancel();
        return Promise.resolve();
      },
    },
  };
}
