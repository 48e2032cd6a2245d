import { describe, expect, test } from "vitest";
import { fillTemplate } from "./fill-template.ts";
import { composeValue, systemdAssignment, systemdWord, xmlText } from "./quote.ts";

describe("a word for systemd", () => {
  test.for([
    ["--ctx-size", "--ctx-size"],
    ["", '""'],
    ["a b", '"a b"'],
    ['say "x"', '"say \\"x\\""'],
    ["100%", "100%%"],
    ["$HOME", '"$$HOME"'],
    ["\\n", '"\\\\n"'],
    ['{"a":1}', '"{\\"a\\":1}"'],
  ] as const)("%s", ([word, quoted]) => {
    expect(systemdWord(word)).toBe(quoted);
  });

  test("a line break would start another setting, so it is refused", () => {
    expect(() => systemdWord("a\nExecStartPre=/bin/sh")).toThrow("line break");
    expect(() => systemdAssignment("A", "b\nUser=root")).toThrow("line break");
    expect(() => xmlText("a\u0000")).toThrow("line break");
  });

  test("an assignment keeps its dollar", () => {
    expect(systemdAssignment("A", 'a$b%c"')).toBe('Environment="A=a$b%%c\\""');
  });
});

test("YAML holds JSON, with compose's dollars doubled", () => {
  expect(composeValue(["$A", 1])).toBe('["$$A",1]');
});

describe("a template", () => {
  test("is filled; a line that is empty then is left out", () => {
    expect(fillTemplate("a {{x}}\n{{y}}\nb", { x: "1", y: "" })).toBe("a 1\nb");
    expect(fillTemplate("{{x}}{{x}}", { x: "{{y}}" })).toBe("{{y}}{{y}}");
  });

  test("asks for every value, and has a place for each", () => {
    expect(() => fillTemplate("{{x}}", {})).toThrow("asks for x");
    expect(() => fillTemplate("", { x: "1" })).toThrow("no place for x");
  });
});
