import { expect, test } from "vitest";
import { createPatternMatcher } from "./pattern-matcher.ts";
import { validateJson } from "./validate-json.ts";

/** Takes JavaScript 2^60 steps. */
const ENDLESS = "^(a+)+$";
const TEXT = `${"a".repeat(60)}b`;

test("patterns are matched as JavaScript does", () => {
  const match = createPatternMatcher();
  expect(match("abc", "^a.c$")).toBe("matches");
  expect(match("abd", "^a.c$")).toBe("differs");
  expect(match("x'y\n\\", "\\\\$")).toBe("matches");
  expect(match("x", "(")).toBe("unreadable");
});

test("one that never ends is ended, and no other of the same value is begun", () => {
  const match = createPatternMatcher(50);
  expect(match(TEXT, ENDLESS)).toBe("too slow");
  expect(match("abc", "^a.c$")).toBe("too slow");
});

test("a value with many of them is told as not checked, in bounded time", () => {
  const schema = {
    properties: { list: { items: { pattern: ENDLESS } } },
    patternProperties: { [ENDLESS]: true },
  };
  const value = { list: Array.from({ length: 100 }, () => TEXT), [TEXT]: 1 };
  const found = validateJson(value, schema);
  expect(found.length).toBeGreaterThan(100);
  expect(new Set(found.map(({ keyword }) => keyword))).toEqual(
    new Set(["pattern", "patternProperties"]),
  );
});
