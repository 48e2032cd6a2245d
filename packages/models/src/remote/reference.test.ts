import { describe, expect, test } from "vitest";

import { parseReference } from "./reference.ts";

const NONE = { revision: null, quantization: null, file: null };

describe("parseReference", () => {
  test.each([
    ["hf:Qwen/QwQ-32B-GGUF", { hub: "huggingface", repository: "Qwen/QwQ-32B-GGUF" }],
    ["Qwen/QwQ-32B-GGUF:Q4_K_M", { hub: null, quantization: "Q4_K_M" }],
    ["hf:unsloth/Qwen3.6-27B-GGUF:UD-Q4_K_XL", { quantization: "UD-Q4_K_XL" }],
    ["hf:org/repo@v1.0:Q8_0", { revision: "v1.0", quantization: "Q8_0" }],
    ["hf:org/repo/sub/model-Q8_0.gguf", { repository: "org/repo", file: "sub/model-Q8_0.gguf" }],
    ["hf.co/org/repo:Q4_0", { hub: "huggingface", quantization: "Q4_0" }],
    ["modelscope:Qwen/QwQ-32B", { hub: "modelscope", repository: "Qwen/QwQ-32B" }],
    ["https://huggingface.co/Qwen/QwQ-32B", { hub: "huggingface", repository: "Qwen/QwQ-32B" }],
    [
      "https://huggingface.co/Qwen/QwQ-32B-GGUF/resolve/main/qwq-32b-q4_k_m.gguf?download=true",
      { revision: "main", file: "qwq-32b-q4_k_m.gguf" },
    ],
    ["https://huggingface.co/org/repo/tree/abc123", { revision: "abc123", file: null }],
    [
      "https://www.modelscope.cn/models/Qwen/QwQ-32B",
      { hub: "modelscope", repository: "Qwen/QwQ-32B" },
    ],
  ])("%s is a repository", (text, expected) => {
    expect(parseReference(text)).toMatchObject({ kind: "repository", ...expected });
  });

  test("a bare name leaves all else open", () => {
    expect(parseReference("Qwen/QwQ-32B")).toEqual({
      kind: "repository",
      hub: null,
      repository: "Qwen/QwQ-32B",
      ...NONE,
    });
  });

  test.each(["./qwq.gguf", "/models/qwq.gguf", "qwq.gguf", "C:\\models\\qwq.gguf", "~/a/b/c"])(
    "%s is a path",
    (text) => {
      expect(parseReference(text)).toEqual({ kind: "file", path: text });
    },
  );

  test("any other address is of a file", () => {
    expect(parseReference("https://example.org/qwq.gguf")).toEqual({
      kind: "url",
      url: "https://example.org/qwq.gguf",
    });
  });

  test.each([
    "",
    "qwq",
    "hf:qwq",
    "hf:../etc/passwd",
    "hf:a/..",
    "a/b/c",
    "org/re po",
    "hf:o/r?x=1",
  ])("%j names no model", (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test("an address with a password is refused, and not repeated", () => {
    const parse = (): unknown => parseReference("https://me:secret@example.org/a.gguf");
    expect(parse).toThrow(expect.objectContaining({ code: "usage" }));
    expect(parse).not.toThrow(/secret/);
  });
});
