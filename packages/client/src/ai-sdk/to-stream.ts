/** `ReadableStream.from`, which React Native and Node 18 lack. */
export function toStream<T>(items: AsyncGenerator<T>): ReadableStream<T> {
  return new ReadableStream<T>({
    pull: async (controller) => {
      const item = await items.next();
      if (item.done === true) controller.close();
      else controller.enqueue(item.value);
    },
    cancel: async () => {
      await items.return(undefined);
    },
  });
}
