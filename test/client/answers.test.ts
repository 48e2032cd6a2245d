import type { Client } from "@qwq-fit/client";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Answer, clientOf, saying } from "./answering-server.ts";
import { createPartMaker } from "../../packages/client/src/ai-sdk/stream-parts.ts";

async function serverOf(...answers: readonly Answer[]): Promise<{ ai: Client; bodies: unknown[] }> {
  const { ai, asked } = await clientOf(answers);
  return {
    ai,
    get bodies() {
      return asked.map(({ body }) => body);
    },
  };
}
const messages = [{ role: "user" as const, content: "count" }];
const schema = {
  name: "count",
  jsonSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
  validate: (value: unknown): { n: number } => {
    const n: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "n") : null;
    if (typeof n !== "number") throw new Error("n is no number");
    return { n };
  },
};

describe("an answer of a schema", () => {
  test("is checked, and asked for as a schema", async () => {
    const seen = await serverOf(saying('{"n":4}'));
    const { value, repaired } = await seen.ai.chat.completions.parse({ messages }, schema);
    expect({ value, repaired }).toEqual({ value: { n: 4 }, repaired: false });
    expect(seen.bodies).toMatchObject([{ response_format: { type: "json_schema" } }]);
  });

  test("is repaired once, by telling the model what is wrong", async () => {
    const seen = await serverOf(saying('{"n":"four"}'), saying('{"n":4}'));
    const standard = {
      "~standard": { validate: (value: unknown) => (schema.validate(value), { value }) },
    };
    const { value, repaired } = await seen.ai.chat.completions.parse({ messages }, schema);
    expect({ value, repaired }).toEqual({ value: { n: 4 }, repaired: true });
    expect(JSON.stringify(seen.bodies[1])).toContain("n is no number");
    expect(
      await seen.ai.chat.completions.parse({ messages }, { ...schema, validate: standard }),
    ).toMatchObject({ value: { n: 4 } });
  });

  test("is an error when the second breaks it too", async () => {
    const seen = await serverOf(saying("no JSON"));
    await expect(seen.ai.chat.completions.parse({ messages }, schema)).rejects.toMatchObject({
      code: "protocol_error",
      target: "own",
    });
    expect(seen.bodies).toHaveLength(2);
  });
});

test("the AI SDK's parts are in order for every sequence of chunks", () => {
  const text = fc.constantFrom("", "a", "bc");
  const delta = fc.record(
    {
      content: text,
      reasoning_content: text,
      tool_calls: fc.array(
        fc.record({
          index: fc.integer({ min: 0, max: 2 }),
          id: fc.constantFrom("c0", "c1", "c2"),
          function: fc.record({ name: fc.constantFrom("f", "g"), arguments: text }),
        }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 20 }), (deltas) => {
      const maker = createPartMaker();
      const parts = deltas.flatMap((one) =>
        maker.push({
          id: "x",
          object: "chat.completion.chunk",
          created: 1,
          model: "m",
          choices: [{ index: 0, delta: one, finish_reason: null }],
        }),
      );
      const open = new Set<string>();
      const said = { text: "", reasoning: "" };
      for (const part of [...parts, ...maker.end()]) {
        const [, kind, step] =
          /^(text|reasoning|tool-input)-(start|delta|end)$/u.exec(part.type) ?? [];
        if (kind === undefined || !("id" in part)) continue;
        const key = `${kind} ${part.id}`;
        expect(open.has(key)).toBe(step !== "start");
        // Text and thought never stand open beside anything else.
        const alone = step !== "start" || kind === "tool-input" || open.size === 0;
        expect(alone).toBe(true);
        if (step === "start") open.add(key);
        if (step === "end") open.delete(key);
        if (part.type === "text-delta") said.text += part.delta;
        if (part.type === "reasoning-delta") said.reasoning += part.delta;
      }
      expect([...open]).toEqual([]);
      expect(said.text).toBe(deltas.map((one) => one.content ?? "").join(""));
      expect(said.reasoning).toBe(deltas.map((one) => one.reasoning_content ?? "").join(""));
    }),
    { numRuns: 500 },
  );
});
