import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Llama, LlamaModel } from "node-llama-cpp";
import { getLlama, LlamaCompletion } from "node-llama-cpp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ScriptedModel } from "./write-scripted.ts";
import { writeScriptedGguf } from "./write-scripted.ts";

const PROMPT = "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n<think>\n";
const directory = mkdtempSync(path.join(tmpdir(), "scripted-"));

let llama: Llama;

beforeAll(async () => {
  llama = await getLlama({ build: "never", gpu: false, maxThreads: 1 });
});

afterAll(async () => {
  await llama.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** Greedy text of the real engine after `prompt`, special tokens shown. */
async function complete(model: LlamaModel, prompt: string): Promise<string> {
  const context = await model.createContext({ contextSize: 1024, batchSize: 128, threads: 1 });
  const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
  let tokens = "";
  await completion.generateCompletion(model.tokenize(prompt, true), {
    temperature: 0,
    onToken: (batch) => {
      tokens += model.detokenize(batch, true);
    },
  });
  await context.dispose();
  return tokens;
}

describe("a scripted model in the real engine", () => {
  test("says its script, and goes on from a prefix", async () => {
    const file = path.join(directory, "numbered.gguf");
    const script: ScriptedModel = await writeScriptedGguf(file, { words: 30, thinkWords: 8 });
    expect(script.text.startsWith(" t0 t1 t2")).toBe(true);
    const model = await llama.loadModel({ modelPath: file });
    expect(await complete(model, PROMPT)).toBe(script.text);
    const rest = script.answer.slice(4).join("");
    expect(rest.startsWith(" w4 w5")).toBe(true);
    const prefix = `${PROMPT}${script.thought.join("")}</think> w0 w1 w2 w3`;
    expect(await complete(model, prefix)).toBe(rest);
    await model.dispose();
  });

  test("says any text, such as a tool call", async () => {
    const file = path.join(directory, "tool-call.gguf");
    const answer = [
      "<tool_call>\n",
      '{"name": "add", ',
      '"arguments": {"a": 1}}',
      "\n</tool_call>",
    ];
    await writeScriptedGguf(file, { thought: [" so,", " a tool"], answer });
    const model = await llama.loadModel({ modelPath: file });
    expect(await complete(model, PROMPT)).toBe(` so, a tool</think>${answer.join("")}`);
    await model.dispose();
  });

  test.each([[[" a", " b", " a"]], [[" a", "\n"]]])("%j is refused", async (answer) => {
    const file = path.join(directory, "refused.gguf");
    await expect(writeScriptedGguf(file, { answer })).rejects.toMatchObject({
      code: "invalid_value",
    });
    expect(existsSync(file)).toBe(false);
  });
});
