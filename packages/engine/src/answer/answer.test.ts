import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Answer } from "./answer.ts";
import type { AnswerOptions } from "./answer.ts";
import { StopMatcher } from "./stop-matcher.ts";
import { ThoughtTracker } from "./thought-tracker.ts";

/** A vocabulary of bytes: token n is byte n; 256 ends the text. */
const bytes: AnswerOptions = {
  bytesOf: (token) => (token < 256 ? Uint8Array.of(token) : new Uint8Array()),
  isEnd: (token) => token === 256,
  maxTokens: 1000,
  stop: [],
  ignoreEnd: false,
  thought: null,
  closeTokens: [],
  budgetTokens: null,
};
const tags = { open: true, openTag: "<think>", closeTag: "</think>" };

function feed(answer: Answer, text: string): { text: string; end: string | null; ids: number[] } {
  let out = "";
  const ids: number[] = [];
  for (const byte of [...new TextEncoder().encode(text), 256]) {
    const step = answer.accept(byte);
    out += step.text;
    ids.push(...step.tokenIds);
    if (step.end !== null) return { text: out, end: step.end.reason, ids };
  }
  return { text: out, end: null, ids };
}

describe("an answer", () => {
  test("gives out whole characters only, whatever the tokens cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        const answer = new Answer(bytes);
        let out = "";
        for (const byte of new TextEncoder().encode(text)) {
          const step = answer.accept(byte);
          expect(step.text.isWellFormed() && !step.text.includes("\uFFFD")).toBe(true);
          out += step.text;
        }
        expect(out).toBe(text.toWellFormed());
      }),
    );
  });

  test("a character that is cut by the end is left out", () => {
    const answer = new Answer({ ...bytes, maxTokens: 2 });
    const [first, second] = [answer.accept(0x61), answer.accept(0xc3)];
    expect(first.text + second.text).toBe("a");
    expect(second.end?.reason).toBe("length");
  });

  test("ends at the limit, and counts what it was", () => {
    const answer = new Answer({ ...bytes, maxTokens: 4, thought: tags });
    expect(feed(answer, "thinking").text).toBe("thin");
    expect(answer.insideThought).toBe(true);
    expect(answer.reasoningTokens).toBe(4);
  });

  test("closes the thought when the budget is spent", () => {
    const closeTokens = [...new TextEncoder().encode("</think>")];
    const answer = new Answer({ ...bytes, thought: tags, closeTokens, budgetTokens: 3 });
    const steps = [0x61, 0x62, 0x63].map((byte) => answer.accept(byte));
    expect(steps.map(({ text }) => text)).toEqual(["a", "b", "c</think>"]);
    expect(steps[2]?.tokenIds).toHaveLength(9);
    expect(answer.constrained).toBe(true);
    expect(answer.thoughtForced).toBe(true);
  });

  test("a budget of nothing closes it before anything is said", () => {
    const closeTokens = [...new TextEncoder().encode("</think>")];
    const answer = new Answer({ ...bytes, thought: tags, closeTokens, budgetTokens: 0 });
    expect(answer.begin()?.text).toBe("</think>");
    expect(feed(answer, "yes").text).toBe("yes");
    expect(answer.reasoningTokens).toBe(0);
  });

  test("stops are looked for behind the thought only", () => {
    const answer = new Answer({ ...bytes, thought: tags, stop: ["x"] });
    expect(feed(answer, "axb</think>cxd")).toMatchObject({
      text: "axb</think>c",
      end: "stop-sequence",
    });
  });

  test("what waits for the rest of a stop string is told when none comes", () => {
    const answer = new Answer({ ...bytes, stop: ["STOP"] });
    expect(feed(answer, "an ST")).toMatchObject({ text: "an ST", end: "stop" });
  });

  test("text that is undecided yet comes in one piece, once", () => {
    const answer = new Answer({ ...bytes, thought: { ...tags, open: false } });
    expect(feed(answer, "<thing></think>").text).toBe("<thing></think>");
    const other = new Answer({ ...bytes, thought: { ...tags, open: false } });
    expect(feed(other, "\n<think>a</think>b").text).toBe("\n<think>a</think>b");
    expect(other.reasoningTokens).toBe("a</think".length);
  });
});

/** A text and places to cut it. */
const pieces = fc
  .tuple(
    fc.array(fc.constantFrom("a", "b", "ab", "<think>", "</think>", "\n")),
    fc.array(fc.nat(40)),
  )
  .map(([parts, cuts]) => {
    const text = parts.join("");
    const places = [...new Set(cuts.filter((c) => c < text.length))].toSorted((x, y) => x - y);
    return { text, parts: [0, ...places].map((p, i) => text.slice(p, places[i] ?? text.length)) };
  });

test("stop strings: the text up to the first, however it is cut", () => {
  fc.assert(
    fc.property(pieces, ({ text, parts }) => {
      const matcher = new StopMatcher(["aab", "bb"]);
      let out = "";
      let stop: string | null = null;
      for (const part of parts) {
        const step = matcher.push(part);
        out += step.text;
        stop = step.stop;
        if (stop !== null) break;
      }
      const at = text.search(/aab|bb/u);
      expect(out + (stop === null ? matcher.flush() : "")).toBe(at < 0 ? text : text.slice(0, at));
    }),
  );
});

test("thoughts: parted in the same place, however the text is cut", () => {
  fc.assert(
    fc.property(pieces, fc.boolean(), ({ text, parts }, open) => {
      const run = (list: string[]): { thought: string; answer: string; phase: string } => {
        const tracker = new ThoughtTracker({ ...tags, open });
        const out = { thought: "", answer: "" };
        for (const part of list) {
          const { thought, answer } = tracker.push(part);
          out.thought += thought;
          out.answer += answer;
        }
        const phase = tracker.phase;
        out.answer += tracker.flush();
        return { ...out, phase };
      };
      const cut = run(parts);
      expect(cut.thought + cut.answer).toBe(text);
      const inside = open || text.trimStart().startsWith("<think>");
      const from = open ? 0 : text.indexOf("<think>") + 7;
      const close = inside ? text.indexOf("</think>", from) : -1;
      const thought = !inside ? "" : close < 0 ? text : text.slice(0, close + 8);
      expect(cut.thought).toBe(thought);
    }),
  );
});
