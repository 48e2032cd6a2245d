import { isObject, numberField, parseJson } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import { checksOf } from "./check.ts";
import type { Check } from "./check.ts";
import { must, readStreamed, readWhole, refused } from "./read-chat.ts";
import type { ChatRead } from "./read-chat.ts";

const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather at a place",
    parameters: {
      type: "object",
      properties: { unit: { enum: ["celsius", "fahrenheit"] } },
      required: ["unit"],
      additionalProperties: false,
    },
  },
};
const OTHER = {
  type: "function",
  function: { name: "get_time", parameters: { type: "object", properties: {} } },
};
const ASK = {
  messages: [{ role: "user", content: "What is the weather? Use the tool." }],
  max_tokens: 512,
};
const FORCED = { ...ASK, tools: [WEATHER], tool_choice: "required" };

function calledWeather({ calls, finish }: ChatRead): void {
  const [call] = calls;
  must(call !== undefined, "no tool was called");
  must(call.name === "get_weather", `called ${call.name}`);
  const value = parseJson(call.arguments);
  must(isObject(value), "the arguments are no JSON object");
  must(
    value["unit"] === "celsius" || value["unit"] === "fahrenheit",
    "the arguments break the schema",
  );
  must(call.id !== "", "the call has no id");
  must(finish === "tool_calls" || finish === "stop", `finish_reason is ${finish}`);
}

const SCHEMA = {
  type: "object",
  properties: {
    colour: { enum: ["red", "blue"] },
    count: { type: "integer", minimum: 1, maximum: 9 },
  },
  required: ["colour", "count"],
  additionalProperties: false,
};
const asSchema = (schema: unknown): JsonObject => ({
  max_tokens: 512,
  response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
});

function isOfSchema({ content }: ChatRead): void {
  const value = parseJson(content);
  must(isObject(value), `no JSON object: ${content.slice(0, 60)}`);
  const amount = numberField(value, "count") ?? 0;
  must(value["colour"] === "red" || value["colour"] === "blue", "`colour` breaks the schema");
  must(Number.isInteger(amount) && amount >= 1 && amount <= 9, "`count` breaks the schema");
}

const THINK = { max_tokens: 512 };

/** Reasoning, tools, output of a schema. */
export const FEATURE_CHECKS: readonly Check[] = [
  ...checksOf("reasoning", [
    [
      "apart",
      "no <think> tags in the answer's text",
      async (backend) => {
        const { content } = readWhole(await backend.chat(THINK));
        must(!/<\/?think>/u.test(content), "they are in `content`");
      },
    ],
    [
      "field",
      "the thought in a field of its own",
      async (backend) => {
        const { reasoning } = readWhole(await backend.chat(THINK));
        must(reasoning !== "", "there is none, or the model does not think");
      },
    ],
    [
      "both-names",
      "under both names that clients read",
      async (backend) => {
        const { message } = readWhole(await backend.chat(THINK));
        const names = ["reasoning_content", "reasoning"].filter(
          (name) => typeof message[name] === "string",
        );
        must(names.length === 2, names.length === 0 ? "under neither" : `only \`${names[0]}\``);
      },
    ],
    [
      "streamed",
      "the thought is streamed, before the answer",
      async (backend) => {
        const { reasoning, content } = readStreamed(await backend.stream(THINK));
        must(reasoning !== "", "there is none, or the model does not think");
        must(!/<\/?think>/u.test(content), "tags are in `content`");
      },
    ],
    [
      "counted",
      "thinking tokens are counted",
      async (backend) => {
        const { usage } = readWhole(await backend.chat(THINK));
        const details = usage?.["completion_tokens_details"];
        must((numberField(details, "reasoning_tokens") ?? 0) > 0, "no `reasoning_tokens`");
      },
    ],
    [
      "given-back",
      "a thought in the history is accepted",
      async (backend) =>
        void readWhole(
          await backend.chat({
            messages: [
              { role: "user", content: "Hi" },
              { role: "assistant", content: "Hello.", reasoning_content: "A greeting." },
              { role: "user", content: "And now?" },
            ],
          }),
        ),
    ],
  ]),
  ...checksOf("tools", [
    [
      "offered",
      "tools may be offered",
      async (backend) => void readWhole(await backend.chat({ ...ASK, tools: [WEATHER, OTHER] })),
    ],
    [
      "required",
      "a call can be required, of the tool's schema",
      async (backend) => calledWeather(readWhole(await backend.chat(FORCED))),
    ],
    [
      "named",
      "one tool can be named",
      async (backend) => {
        const tool_choice = { type: "function", function: { name: "get_weather" } };
        calledWeather(
          readWhole(await backend.chat({ ...ASK, tools: [OTHER, WEATHER], tool_choice })),
        );
      },
    ],
    [
      "streamed",
      "a call is streamed",
      async (backend) => calledWeather(readStreamed(await backend.stream(FORCED))),
    ],
    [
      "none",
      "calls can be forbidden",
      async (backend) => {
        const { calls } = readWhole(
          await backend.chat({ ...ASK, tools: [WEATHER], tool_choice: "none" }),
        );
        must(calls.length === 0, "a tool was called");
      },
    ],
    [
      "result",
      "a tool's result is taken back",
      async (backend) => {
        const call = {
          id: "call_1",
          type: "function",
          function: { name: "get_weather", arguments: "{}" },
        };
        const messages = [
          { role: "user", content: "Weather?" },
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "call_1", content: "sunny" },
        ];
        readWhole(await backend.chat({ messages, tools: [WEATHER] }));
      },
    ],
  ]),
  ...checksOf("schema", [
    [
      "json",
      "a JSON object can be asked for",
      async (backend) => {
        const response_format = { type: "json_object" };
        const messages = [{ role: "user", content: "Answer in JSON." }];
        const { content } = readWhole(
          await backend.chat({ response_format, messages, max_tokens: 512 }),
        );
        must(isObject(parseJson(content)), `no JSON object: ${content.slice(0, 60)}`);
      },
    ],
    [
      "schema",
      "an answer of a schema",
      async (backend) => isOfSchema(readWhole(await backend.chat(asSchema(SCHEMA)))),
    ],
    [
      "streamed",
      "streamed too",
      async (backend) => isOfSchema(readStreamed(await backend.stream(asSchema(SCHEMA)))),
    ],
    [
      "broken",
      "a schema that is none is refused",
      async (backend) => refused(await backend.chat(asSchema({ type: "no such type" }))),
    ],
  ]),
];
