import { expect, test } from "vitest";
import { LoopRecorder, loadScripted, scriptedPrompt } from "../testing/loaded-scripted.ts";
import type { NativeContext } from "./binding.ts";

/** The context, and the sequences of each of its batches in the order in which they were added. */
function watched(context: NativeContext): { context: NativeContext; batches: number[][] } {
  const batches: number[][] = [];
  const initBatch: NativeContext["initBatch"] = (tokens) => {
    batches.push([]);
    context.initBatch(tokens);
  };
  const addToBatch: NativeContext["addToBatch"] = (sequence, ...rest) => {
    batches.at(-1)?.push(sequence);
    return context.addToBatch(sequence, ...rest);
  };
  const own: Readonly<Record<string, unknown>> = { initBatch, addToBatch };
  const proxy = new Proxy(context, {
    get: (target, key) => {
      const value: unknown = own[String(key)] ?? Reflect.get(target, key);
      return typeof value === "function" && own[String(key)] === undefined
        ? (...args: unknown[]): unknown => Reflect.apply(value, target, args)
        : value;
    },
  });
  return { context: proxy, batches };
}

test("sequences stand in a batch by their numbers, whoever came first: the engine computes neighbours together", async () => {
  const scripted = await loadScripted({}, { thinkWords: 4, words: 40 });
  try {
    const { context, batches } = watched(scripted.loaded.context);
    const recorder = new LoopRecorder({ ...scripted.loaded, context });
    const early = recorder.submit(1, { prompt: scriptedPrompt("a"), maxTokens: 3 });
    recorder.submit(2, { prompt: scriptedPrompt("b"), ignoreEnd: true });
    recorder.submit(3, { prompt: scriptedPrompt("c"), ignoreEnd: true });
    await recorder.until(() => early.end !== null);
    // It takes the first slot, which is free again.
    const late = await recorder.answer(4, { prompt: scriptedPrompt("d"), maxTokens: 3 });
    recorder.loop.abort(2);
    recorder.loop.abort(3);
    await recorder.loop.between(() => Promise.resolve());
    expect(late.text).toBe(" t0 t1 t2");
    expect(batches).toContainEqual([0, 1, 2]);
    expect(recorder.steps.some(({ items }) => items.map(({ stream }) => stream).at(-1) === 4)).toBe(
      true,
    );
    for (const batch of batches) expect(batch).toEqual(batch.toSorted((a, b) => a - b));
  } finally {
    await scripted.dispose();
  }
});
