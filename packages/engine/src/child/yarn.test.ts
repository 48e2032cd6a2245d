import { expect, test } from "vitest";
import { startChildScripted } from "../testing/child-scripted.ts";
import { SCRIPTED_SETTINGS } from "../testing/loaded-scripted.ts";
import { yarnOverrides } from "./yarn.ts";

test("names the file's keys of its architecture", () => {
  expect(yarnOverrides("qwen2", { factor: 4, originalContextTokens: 32_768 })).toEqual([
    ["qwen2.rope.scaling.type", "yarn", null],
    ["qwen2.rope.scaling.factor", 4, 1],
    ["qwen2.rope.scaling.original_context_length", 32_768, 0],
  ]);
  expect(yarnOverrides("qwen2", null)).toEqual([]);
});

test("the engine takes them, and says that it scales by YaRN", async () => {
  const lines: string[] = [];
  const { engine, model, dispose } = await startChildScripted({
    settings: { ...SCRIPTED_SETTINGS, yarn: { factor: 4, originalContextTokens: 8192 } },
    log: (_, line) => lines.push(line),
  });
  let text = "";
  const prompt = { kind: "text", text: "\n" } as const;
  for await (const event of engine.generate({ prompt, sampling: { temperature: 0 } })) {
    if (event.type === "token") text += event.text;
  }
  expect(text).toBe(model.text);
  const told = lines.join("\n");
  expect(told).toMatch(/rope scaling\s+= yarn/u);
  expect(told).toMatch(/n_ctx_orig_yarn\s+= 8192/u);
  await dispose();
});
