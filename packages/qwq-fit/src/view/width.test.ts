import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pad, widthOf, wrap } from "./width.ts";

describe("widthOf", () => {
  test.for([
    ["abc", 3],
    ["", 0],
    ["内存", 4],
    ["ਮੈਮੋਰੀ", 4],
    ["\u001B[32m██\u001B[39m", 2],
    ["·–✔", 3],
  ] as const)("of %s is %d", ([text, expected]) => {
    expect(widthOf(text)).toBe(expected);
  });
});

test("pad fills up to the width in columns", () => {
  expect(pad("内存", 6)).toBe("内存  ");
  expect(pad("memory", 3)).toBe("memory");
});

describe("wrap", () => {
  test("breaks at spaces", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  });

  test("no line is wider than asked, and no character is lost", () => {
    const words = fc.array(
      fc.oneof(fc.string(), fc.constantFrom("内存不足", "ਮੈਮੋਰੀ", "a".repeat(90))),
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 80 }), (list, width) => {
        const text = list.map((word) => word.replaceAll(/\s/gu, "_")).join(" ");
        const lines = wrap(text, width);
        expect(lines.every((line) => widthOf(line) <= width)).toBe(true);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});
