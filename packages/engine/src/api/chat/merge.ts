/** Values of several streams as they come, each with its stream's index. Ending early ends them all. */
export async function* mergeStreams<Value>(
  streams: readonly AsyncIterable<Value>[],
): AsyncGenerator<{ readonly index: number; readonly value: Value }, void, undefined> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const step = async (index: number): Promise<{ index: number; result: IteratorResult<Value> }> => {
    const result = await iterators[index]?.next();
    return { index, result: result ?? { done: true, value: undefined } };
  };
  const pending = new Map(iterators.map((_, index) => [index, step(index)]));
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      if (result.done === true) {
        pending.delete(index);
        continue;
      }
      pending.set(index, step(index));
      yield { index, value: result.value };
    }
  } finally {
    for (const [index, promise] of pending) {
      promise.catch(() => {});
      iterators[index]?.return?.()?.catch(() => {});
    }
  }
}
