import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileConstraint } from "../grammar/constraint-grammar.ts";
import { validateJson } from "../grammar/validate-json.ts";
import { LoopRecorder, loadScripted, scriptedPrompt } from "../testing/loaded-scripted.ts";
import type { LoadedScripted } from "../testing/loaded-scripted.ts";

let scripted: LoadedScripted;
let recorder: LoopRecorder;
let next = 1;
beforeAll(async () => {
  scripted = await loadScripted({}, { thinkWords: 6, words: 30 });
  recorder = new LoopRecorder(scripted.loaded);
});
afterAll(() => scripted.dispose());

const prompt = scriptedPrompt("x");
const ask = (request: Partial<Parameters<LoopRecorder["answer"]>[1]>) =>
  recorder.answer(next++, { prompt, ...request });
const token = (text: string): number => scripted.loaded.tokenize(text, true)[0] ?? -1;
const thought = { open: true, openTag: "<think>", closeTag: "</think>", budgetTokens: null };

describe("sampling", () => {
  test("the same seed says the same, another one something else", async () => {
    const hot = { temperature: 30 };
    const runs = [];
    for (const seed of [7, 7, 8]) {
      // oxlint-disable-next-line no-await-in-loop
      runs.push((await ask({ sampling: hot, seed, maxTokens: 12, ignoreEnd: true })).tokens);
    }
    const ids = runs.map((tokens) => tokens.flatMap(({ tokenIds }) => tokenIds));
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).not.toEqual(ids[2]);
  });

  test.each([
    ["top_k 1", { temperature: 30, topK: 1 }],
    ["a small top_p", { temperature: 1, topP: 0.01 }],
    ["a large min_p", { temperature: 1, minP: 0.9 }],
  ])("%s leaves only the likeliest", async (_, sampling) => {
    expect((await ask({ sampling, maxTokens: 5 })).text).toBe(" t0 t1 t2 t3 t4");
  });

  test("a bias of -100 forbids a token, one of +100 forces it", async () => {
    const forbidden = { temperature: 0, logitBias: { [token(" t1")]: -100 } };
    expect((await ask({ sampling: forbidden, maxTokens: 3 })).text).not.toContain(" t1");
    const forced = { temperature: 0, logitBias: { [token(" w7")]: 100 } };
    expect((await ask({ sampling: forced, maxTokens: 3 })).text).toBe(" w7 w7 w7");
  });

  test("a penalty looks at what was said, not at the prompt", async () => {
    const sampling = {
      temperature: 0,
      logitBias: { [token(" w7")]: 1000, [token(" w8")]: 950 },
      presencePenalty: 100,
    };
    const asked = await ask({ prompt: scriptedPrompt(" w7 w7"), sampling, maxTokens: 2 });
    expect(asked.text).toBe(" w7 w8");
  });

  test("probabilities are the model's own, likeliest first, and sum to at most one", async () => {
    const { tokens } = await ask({
      logprobs: 3,
      maxTokens: 3,
      sampling: { temperature: 5 },
      ignoreEnd: true,
    });
    expect(tokens).toHaveLength(3);
    for (const { logprobs, tokenIds } of tokens) {
      const [told] = logprobs ?? [];
      expect(told?.tokenId).toBe(tokenIds[0]);
      const listed = told?.alternatives.map(({ logprob }) => logprob) ?? [];
      expect(listed).toEqual(listed.toSorted((a, b) => b - a));
      expect(listed).toHaveLength(3);
      expect(listed.reduce((sum, one) => sum + Math.exp(one), 0)).toBeLessThanOrEqual(1.0001);
      expect(told?.logprob).toBeLessThanOrEqual(0);
    }
    const [first] = tokens;
    expect(first?.logprobs?.[0]?.alternatives[0]?.text).toBe(" t0");
  });
});

describe("constraints", () => {
  const grammar = (schema: unknown): string =>
    compileConstraint({ kind: "json-schema", schema }).grammar;

  test("hold what is sampled, whatever the model would say", async () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string", pattern: "^[a-z]{1,5}$" },
        age: { type: "integer", minimum: 3, maximum: 120 },
        tag: { anyOf: [{ enum: ["a", "b"] }, { type: "null" }] },
        more: { type: "array", items: { type: "number" }, maxItems: 3 },
      },
      required: ["name", "age", "tag"],
    };
    const tags = new Set<unknown>();
    for (let seed = 0; seed < 25; seed++) {
      // oxlint-disable-next-line no-await-in-loop
      const { text, end } = await ask({
        grammar: grammar(schema),
        sampling: { temperature: 100 },
        seed,
        maxTokens: 400,
      });
      expect(end?.reason).toBe("stop");
      const value: unknown = JSON.parse(text);
      expect(validateJson(value, schema)).toEqual([]);
      if (typeof value === "object" && value !== null && "tag" in value) tags.add(value.tag);
    }
    // Both sides of the union are reached: the binding's own converter kept only null.
    expect(tags).toEqual(new Set(["a", "b", null]));
  });

  test("begin where the thought ends", async () => {
    const got = await ask({ grammar: grammar({ const: "yes" }), thought, maxTokens: 60 });
    expect(got.text).toMatch(/^ t0 t1 t2 t3 t4 t5<\/think>\n{0,2}"yes"$/u);
    expect(got.end).toMatchObject({ reason: "stop", insideThought: false });
  });

  test("begin behind a thought that the budget closed", async () => {
    const limited = { ...thought, budgetTokens: 2 };
    const got = await ask({ grammar: grammar({ const: 1 }), thought: limited, maxTokens: 60 });
    expect(got.text).toMatch(/^ t0 t1<\/think>\n{0,2}1$/u);
  });

  test("leave the model free to open a thought, and bind one that does not", async () => {
    const closed = { ...thought, open: false };
    const bound = await ask({ grammar: grammar({ const: 2 }), thought: closed, maxTokens: 60 });
    expect(bound.text.trim()).toBe("2");
    const opens = { kind: "text", text: "<|im_start|>assistant" } as const;
    const free = await ask({
      prompt: opens,
      grammar: grammar({ const: 3 }),
      thought: closed,
      sampling: { temperature: 0, logitBias: { [token("<think>")]: 1000 } },
      maxTokens: 4,
    });
    expect(free.text.startsWith("<think>")).toBe(true);
  });

  test("a grammar that cannot be read is the caller's error", () => {
    expect(() => recorder.submit(next++, { prompt, grammar: "root ::= (" })).toThrow(
      expect.objectContaining({ code: "invalid_request" }),
    );
  });
});
