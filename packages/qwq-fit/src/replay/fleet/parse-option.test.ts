import { expect, test } from "vitest";
import { parseOption } from "./parse-option.ts";

const partsOf = (text: string): unknown =>
  parseOption(text).parts.map((part) => ({ ...part, text: undefined }));

test("machines as for --hardware, memory and all", () => {
  expect(partsOf("2x RTX 3090 + 64GB RAM")).toEqual([
    { count: 1, kind: "machine", hardware: "2x RTX 3090 + 64GB RAM" },
  ]);
  expect(partsOf("this machine")).toEqual([{ count: 1, kind: "this-machine" }]);
});

test("clouds and rented instances", () => {
  expect(partsOf("sagemaker:ml.g6.12xlarge")).toEqual([
    { count: 1, kind: "sagemaker", instance: "ml.g6.12xlarge" },
  ]);
  expect(partsOf("cloud:openrouter/qwen/qwq-32b")).toEqual([
    { count: 1, kind: "cloud", provider: "openrouter", model: "qwen/qwq-32b" },
  ]);
});

test("counts and mixes", () => {
  expect(partsOf("3 of RTX 4090 + 64GB RAM + cloud:dashscope")).toEqual([
    { count: 3, kind: "machine", hardware: "RTX 4090 + 64GB RAM" },
    { count: 1, kind: "cloud", provider: "dashscope", model: null },
  ]);
});

test("what names nothing is refused", () => {
  for (const text of [
    "",
    " ",
    "RTX 4090 +  + cloud:x",
    "cloud:",
    "0 of RTX 4090",
    "65 of RTX 4090",
  ]) {
    expect(() => parseOption(text)).toThrow(/names nothing|nodes/u);
  }
});
