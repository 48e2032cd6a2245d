/** `work`, unless what `arm` sets up settles first; whatever settles first disarms it. */
export function either<T, S>(
  work: Promise<T>,
  arm: (resolve: (value: S) => void, reject: (error: Error) => void) => () => void,
): Promise<T | S> {
  return new Promise((resolve, reject) => {
    const disarm = arm(resolve, reject);
    const settle =
      <V>(settled: (value: V) => void) =>
      (value: V): void => {
        disarm();
        settled(value);
      };
    work.then(settle(resolve), settle(reject));
  });
}

/** `work`, or a rejection as soon as the signal aborts: what ignores its signal must not hold the caller. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return either<T, never>(work, (_, reject) => {
    const stop = (): void => reject(new Error("aborted"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    return () => signal.removeEventListener("abort", stop);
  });
}
