import { QwqError } from "@qwq-fit/schema";

type Listener<P> = (progress: P) => void;

/** What a caller of a shared run may hand in. */
export interface ShareOptions<P> {
  readonly onProgress?: Listener<P>;
  readonly signal?: AbortSignal;
}

/**
 * One run at a time, shared by all who call while it goes on: each is told its progress and may leave; it is aborted
 * when the last one has left. @throws {QwqError} `aborted` to a caller that leaves, and whatever the run throws.
 */
export function shareRun<P>(
  run: (onProgress: Listener<P>, signal: AbortSignal) => Promise<void>,
): (options: ShareOptions<P>) => Promise<void> {
  let shared: {
    readonly done: Promise<void>;
    readonly abort: AbortController;
    waiting: number;
  } | null = null;
  const listeners = new Set<Listener<P>>();
  return async ({ onProgress, signal }) => {
    if (signal?.aborted === true) throw aborted();
    if (shared === null) {
      const abort = new AbortController();
      const done = run((progress) => {
        for (const listener of listeners) listener(progress);
      }, abort.signal).finally(() => {
        shared = null;
      });
      shared = { done, abort, waiting: 0 };
    }
    const mine = shared;
    mine.waiting++;
    const own: Listener<P> = (progress) => onProgress?.(progress);
    listeners.add(own);
    const left: { run?: () => void } = {};
    const leaving = new Promise<never>((_, reject) => {
      left.run = () => reject(aborted());
      signal?.addEventListener("abort", left.run, { once: true });
    });
    try {
      await Promise.race([mine.done, leaving]);
    } finally {
      listeners.delete(own);
      if (left.run !== undefined) signal?.removeEventListener("abort", left.run);
      mine.waiting--;
      if (mine.waiting === 0) mine.abort.abort();
    }
  };
}

const aborted = (): QwqError => new QwqError("aborted", "preparing was aborted");
