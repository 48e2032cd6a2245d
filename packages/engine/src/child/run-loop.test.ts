import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LoopRecorder, loadScripted, scriptedPrompt } from "../testing/loaded-scripted.ts";
import type { LoadedScripted } from "../testing/loaded-scripted.ts";

let scripted: LoadedScripted;
beforeAll(async () => {
  scripted = await loadScripted({ contextTokens: 4096 }, { thinkWords: 20, words: 40 });
});
afterAll(() => scripted.dispose());

/** The faults that node-llama-cpp's own batching was measured to have, counted in batches. */
describe("on the real engine, where the binding's batching fails", () => {
  test("a stream gets a token in every batch beside a 3,000-token prompt", async () => {
    const recorder = new LoopRecorder(scripted.loaded);
    const first = recorder.submit(1, { prompt: scriptedPrompt("a"), ignoreEnd: true });
    await recorder.until(() => first.tokens.length > 0);
    const second = recorder.submit(2, { prompt: scriptedPrompt("x".repeat(3000)), maxTokens: 1 });
    await recorder.until(() => second.end !== null);
    recorder.loop.abort(1);
    const beside = recorder.steps.filter((step) =>
      step.items.some((item) => item.stream === 2 && item.kind === "prefill"),
    );
    expect(beside.length).toBeGreaterThan(20);
    expect(beside.every((step) => step.items.some((item) => item.stream === 1))).toBe(true);
    // The long prompt was told step by step.
    expect(second.events.filter(({ type }) => type === "progress").length).toBe(beside.length - 1);
  });

  test("an abort while a prompt is read stops with the batch in flight", async () => {
    const recorder = new LoopRecorder(scripted.loaded);
    recorder.submit(1, { prompt: scriptedPrompt("y".repeat(3000)) });
    let stoppedAt = 0;
    recorder.afterStep = (steps) => {
      if (steps !== 3) return;
      stoppedAt = steps;
      recorder.loop.abort(1);
      // The slot is free at once for another.
      recorder.submit(2, { prompt: scriptedPrompt("z"), maxTokens: 2 });
    };
    await recorder.until(() => (recorder.streams.get(2)?.end ?? null) !== null);
    expect(recorder.streams.get(2)?.text).toBe(" t0 t1");
    const later = recorder.steps.slice(stoppedAt);
    expect(later.some((step) => step.items.some((item) => item.stream === 1))).toBe(false);
    const read = recorder.steps.flatMap((step) => step.items.filter((i) => i.stream === 1));
    expect(read.reduce((sum, item) => sum + item.tokens.length, 0)).toBeLessThan(600);
  });

  test("no history is dropped: a prompt past the context is refused, an answer at its edge ends", async () => {
    const recorder = new LoopRecorder(scripted.loaded);
    expect(() => recorder.submit(1, { prompt: scriptedPrompt("x".repeat(4096)) })).toThrow(
      expect.objectContaining({ code: "context_too_long" }),
    );
    const tokens = scripted.loaded.promptTokens(
      `${"x".repeat(4069)}<|im_start|>assistant\n<think>\n`,
    );
    expect(tokens.length).toBeGreaterThan(4080);
    const edge = await recorder.answer(2, { prompt: { kind: "tokens", tokens } });
    expect(edge.end?.reason).toBe("length");
    expect(edge.end?.usage.completionTokens).toBe(4096 - tokens.length);
    const cells = recorder.steps.flatMap((step) => step.items.filter((i) => i.stream === 2));
    const positions = cells.flatMap((item) => item.tokens.map((_, i) => item.position + i));
    expect(positions).toEqual(positions.map((_, i) => i));
  });
});

describe("caches on the real engine", () => {
  test("the next turn computes only what is new, and says so", async () => {
    const recorder = new LoopRecorder(scripted.loaded);
    const prompt = scriptedPrompt("first turn of some length");
    const first = await recorder.answer(1, { prompt, maxTokens: 8 });
    const head = prompt.kind === "text" ? prompt.text : "";
    const text = `${head}${first.text}<|im_end|>\n<|im_start|>user\nmore<|im_end|>\n<|im_start|>assistant\n<think>\n`;
    const second = await recorder.answer(2, { prompt: { kind: "text", text }, maxTokens: 8 });
    expect(second.text).toBe(" t0 t1 t2 t3 t4 t5 t6 t7");
    // The last token of the first turn was sampled, not fed.
    const known = scripted.loaded.promptTokens(head).length + 7;
    expect(second.end?.usage.cachedTokens).toBe(known);
  });

  test("a beginning that another stream holds is copied while it runs", async () => {
    // Slow enough a model that copying is worth it.
    const slow = await loadScripted(
      {},
      { thinkWords: 20, words: 30, blocks: 12 },
      scripted.loaded.binding,
    );
    const recorder = new LoopRecorder(slow.loaded);
    const system = "s".repeat(900);
    const first = recorder.submit(1, { prompt: scriptedPrompt(`${system}1`), ignoreEnd: true });
    await recorder.until(() => first.tokens.length > 2);
    const second = await recorder.answer(2, { prompt: scriptedPrompt(`${system}2`), maxTokens: 9 });
    recorder.loop.abort(1);
    await recorder.loop.between(() => slow.dispose());
    expect(second.text).toBe(" t0 t1 t2 t3 t4 t5 t6 t7 t8");
    expect(second.end?.usage.cachedTokens).toBeGreaterThan(900);
    expect(recorder.steps.some((s) => s.operations.some(({ kind }) => kind === "copy"))).toBe(true);
  });
});
