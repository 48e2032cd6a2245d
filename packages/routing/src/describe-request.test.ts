import fc from "fast-check";
import { expect, test } from "vitest";
import { describeRequest } from "./describe-request.ts";

test("needs, caps and sizes are read; the text is not kept", () => {
  const shape = describeRequest({
    model: "qwq-32b",
    stream: true,
    max_completion_tokens: 200,
    messages: [
      { role: "system", content: "x".repeat(3700) },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image_url", image_url: {} },
        ],
      },
    ],
    tools: [{ type: "function", function: { name: "f" } }],
    response_format: { type: "json_schema" },
  });
  expect(shape).toMatchObject({
    model: "qwq-32b",
    stream: true,
    outputTokens: 200,
    maxOutputTokens: 200,
  });
  expect(shape.needs.toSorted()).toEqual(["jsonSchema", "tools", "vision"]);
  expect(shape.promptTokens).toBeGreaterThan(1000);
  expect(shape.promptTokens).toBeLessThan(1050);
  expect(describeRequest({ prompt: "你好".repeat(100) }).promptTokens).toBeGreaterThan(100);
  expect(JSON.stringify(shape)).not.toContain("look");
});

test("a longer conversation shares its prefix keys, longest first", () => {
  const turn = (n: number) => ({ role: n % 2 ? "assistant" : "user", content: `turn ${n}` });
  const short = describeRequest({ messages: [turn(0)] });
  const long = describeRequest({ messages: [turn(0), turn(1), turn(2)] });
  expect(long.prefixKeys).toHaveLength(3);
  expect(long.prefixKeys.at(-1)).toBe(short.prefixKeys[0]);
});

test("completions, responses and embeddings bodies", () => {
  expect(describeRequest({ prompt: "abc" }, "completions").promptTokens).toBe(6);
  expect(describeRequest({ input: "abc" }, "responses").promptTokens).toBe(6);
  expect(describeRequest({ input: ["a", "b"] }, "embeddings")).toMatchObject({
    outputTokens: 0,
    needs: ["embeddings"],
  });
});

test("any JSON gives a shape", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const shape = describeRequest(value);
      expect(Number.isInteger(shape.promptTokens)).toBe(true);
      expect(
        Number.isInteger(describeRequest({ messages: value, tools: value }).promptTokens),
      ).toBe(true);
    }),
  );
});
