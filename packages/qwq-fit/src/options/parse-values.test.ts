import { describe, expect, test } from "vitest";
import { onOff, oneOf, wholeNumber } from "./parse-values.ts";

describe("wholeNumber", () => {
  const parse = wholeNumber(1, 131_072);

  test.for([
    ["1", 1],
    ["16384", 16_384],
    ["16k", 16_384],
    [" 128K ", 131_072],
  ] as const)("reads %s as %d", ([text, expected]) => {
    expect(parse(text)).toBe(expected);
  });

  test.for([
    ["0", "at least 1"],
    ["-1", "whole number"],
    ["1.5", "whole number"],
    ["1e3", "whole number"],
    ["", "whole number"],
    ["NaN", "whole number"],
    ["0x10", "whole number"],
    ["9999999999999999999999", "whole number"],
    ["256k", "at most 131072"],
  ] as const)("refuses %s: %s", ([text, said]) => {
    expect(() => parse(text)).toThrow(said);
  });
});

describe("oneOf", () => {
  test("takes any case and tells the near word", () => {
    expect(oneOf("f16", "q8_0")("Q8_0")).toBe("q8_0");
    expect(() => oneOf("f16", "q8_0")("q8")).toThrow("Did you mean q8_0?");
    expect(() => oneOf("f16", "q8_0")("nothing")).toThrow("Known are f16, q8_0.");
  });

  test("on and off are a boolean", () => {
    expect(onOff("on")).toBe(true);
    expect(onOff("OFF")).toBe(false);
    expect(() => onOff("yes")).toThrow("Known are on, off.");
  });
});
