import type { ModelEntry } from "@qwq-fit/schema";
import { describe, expect, test } from "vitest";
import { findModel } from "./find-model.ts";

const entry = (id: string, aliases: readonly string[] = []): ModelEntry =>
  ({
    id,
    name: id.split("/")[1],
    aliases,
    repositories: { original: id, gguf: [`${id}-GGUF`], modelScope: null },
  }) as unknown as ModelEntry;

const MODELS = [
  entry("Qwen/QwQ-32B", ["qwq"]),
  entry("Qwen/Qwen3-8B", ["r1-like"]),
  entry("deepseek-ai/DeepSeek-R1", ["r1-like"]),
];

describe("findModel", () => {
  test.for(["Qwen/QwQ-32B", "qwq-32b", "QWQ_32B", "qwq", "Qwen/QwQ-32B-GGUF", "qwq 32b"])(
    "%s is QwQ-32B",
    (name) => {
      expect(findModel(name, MODELS).id).toBe("Qwen/QwQ-32B");
    },
  );

  test("a name of several asks back with the candidates", () => {
    expect(() => findModel("r1-like", MODELS)).toThrow(
      expect.objectContaining({
        code: "ambiguous_name",
        details: { candidates: ["Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-R1"] },
      }),
    );
  });

  test("an unknown name is told the near ones", () => {
    expect(() => findModel("qwen3-8", MODELS)).toThrow(
      expect.objectContaining({ code: "unknown_model", hint: "Did you mean Qwen3-8B?" }),
    );
  });
});
