import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { cutTextAt } from "../sse/test-cuts.ts";
import { parseJson } from "../json.ts";
import { createToolParser } from "./stream.ts";
import type { ToolParserOptions } from "./stream.ts";

type Read = { text: string; calls: [string, unknown][] };

function read(pieces: readonly string[], options: ToolParserOptions = {}): Read {
  const parser = createToolParser(options);
  const out: Read = { text: "", calls: [] };
  const calls: [string, string][] = [];
  for (const part of [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]) {
    if (part.kind === "text") out.text += part.text;
    else if (part.kind === "call") calls.push([part.name, part.arguments]);
    else {
      const last = calls.at(-1) ?? ["", ""];
      last[1] += part.text;
    }
  }
  out.calls = calls.map(([name, text]) => [name, parseJson(text) ?? text]);
  return out;
}

const hermes = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>';
const coder =
  "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=b>\nx\ny\n</parameter>\n</function>\n</tool_call>";

const CASES: readonly [string, string, string, [string, unknown][], ToolParserOptions?][] = [
  ["plain text", "hello < world", "hello < world", []],
  ["Hermes", hermes, "", [["f", { a: 1 }]]],
  ["text before", `I look.\n\n${hermes}`, "I look.", [["f", { a: 1 }]]],
  [
    "two calls",
    `${hermes}\n${hermes}\n`,
    "",
    [
      ["f", { a: 1 }],
      ["f", { a: 1 }],
    ],
  ],
  ["no closing tag", hermes.slice(0, -12), "", [["f", { a: 1 }]]],
  ["no arguments", '<tool_call>{"name":"f"}</tool_call>', "", [["f", {}]]],
  [
    "arguments as text",
    '<tool_call>{"name":"f","arguments":"{\\"a\\":1}"}</tool_call>',
    "",
    [["f", { a: 1 }]],
  ],
  [
    "a closing tag in an argument",
    '<tool_call>{"name":"f","arguments":{"a":"</tool_call>"}}</tool_call>',
    "",
    [["f", { a: "</tool_call>" }]],
  ],
  ["not JSON", "<tool_call>oops", "<tool_call>oops", []],
  ["Qwen3-Coder", coder, "", [["f", { a: 1, b: "x\ny" }]]],
  [
    "Qwen3-Coder without the outer tag",
    "<function=f>\n<parameter=a>\n1\n</parameter>\n</function>",
    "",
    [["f", { a: 1 }]],
  ],
  [
    "Qwen3-Coder, a number that is a string",
    coder,
    "",
    [["f", { a: "1", b: "x\ny" }]],
    {
      tools: [
        {
          type: "function",
          function: { name: "f", parameters: { properties: { a: { type: "string" } } } },
        },
      ],
    },
  ],
  ["Llama 3.1", '{"name": "f", "parameters": {"a": 1}}', "", [["f", { a: 1 }]], { bareJson: true }],
  [
    "Llama 3.1, two",
    '{"name":"f","parameters":{}}; {"name":"g","parameters":{}}',
    "",
    [
      ["f", {}],
      ["g", {}],
    ],
    { bareJson: true },
  ],
  [
    "Llama's tag",
    '<|python_tag|>{"name":"f","parameters":{}}',
    "",
    [["f", {}]],
    { bareJson: true },
  ],
  ["an answer in JSON", '{"a": 1}', '{"a": 1}', [], { bareJson: true }],
  ["JSON where no bare calls are", '{"name":"f"}', '{"name":"f"}', []],
];

describe("finding calls", () => {
  test.each(CASES)("%s", (_name, text, said, calls, options) => {
    expect(read([text], options)).toEqual({ text: said, calls });
    expect(read(text.split(""), options)).toEqual({ text: said, calls });
  });

  test("the same however the text was cut, and text without tags is untouched", () => {
    const piece = fc.constantFrom(
      hermes,
      coder,
      "<tool_call>",
      "</tool_call>",
      " ",
      "\n",
      "a",
      "<to",
      '{"name":"f"}',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.boolean(),
        fc.array(fc.nat(600)),
        (pieces, bareJson, cuts) => {
          const text = pieces.join("");
          const whole = read([text], { bareJson });
          expect(read(cutTextAt(text, cuts), { bareJson })).toEqual(whole);
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("<tool_call>") && !text.includes("<function="));
        expect(read(text.split(""))).toEqual({ text, calls: [] });
      }),
    );
  });

  test("arguments are given out as they come, braces in strings or not", () => {
    const parser = createToolParser();
    expect(parser.push('<tool_call>\n{"name": "f", "arguments": {"a"')).toEqual([
      { kind: "call", name: "f", arguments: "" },
      { kind: "arguments", text: '{"a"' },
    ]);
    expect(parser.push(': "}\\"}", "b": [{')).toEqual([
      { kind: "arguments", text: ': "}\\"}", "b": [{' },
    ]);
    expect(parser.push("}]}}\n</tool_call>\n")).toEqual([{ kind: "arguments", text: "}]}" }]);
    expect(parser.end()).toEqual([]);
  });

  test("of a call that is cut, what there is of it", () => {
    const cut = read(['<tool_call>{"name":"f","arguments":{"a":1,"b']);
    expect(cut).toEqual({ text: "", calls: [["f", '{"a":1,"b']] });
  });

  test("text is given out at once, and a call that never ends is bounded", () => {
    const parser = createToolParser({ maxCallCharacters: 20 });
    expect(parser.push("hello")).toEqual([{ kind: "text", text: "hello" }]);
    expect(parser.push("<tool_call>0123456789")).toEqual([]);
    expect(parser.push("0123456789x")).toHaveLength(1);
  });
});
