import { describe, expect, test } from "vitest";
import { near } from "./near.ts";

const NAMES = ["check", "plan", "profile", "estimate", "QwQ-32B", "Qwen3-8B", "Qwen3-14B"];

describe("near", () => {
  test.for([
    ["chekc", ["check"]],
    ["profle", ["profile"]],
    ["plna", ["plan"]],
    ["qwq32b", ["QwQ-32B"]],
    ["qwen3", ["Qwen3-8B", "Qwen3-14B"]],
    ["something else", []],
    ["", []],
  ] as const)("%s is near %o", ([word, expected]) => {
    expect(near(word, NAMES)).toEqual(expected);
  });

  test("takes a hostile word in no time", () => {
    expect(near("x".repeat(1_000_000), NAMES)).toEqual([]);
  });
});
