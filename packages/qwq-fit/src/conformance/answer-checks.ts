import { isObject, numberField, stringField } from "@qwq-fit/wire";
import { checksOf } from "./check.ts";
import type { Check } from "./check.ts";
import { accepted, must, readWhole } from "./read-chat.ts";

const user = (content: unknown): object => ({ role: "user", content });
const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** Whole answers and what shapes them. */
export const ANSWER_CHECKS: readonly Check[] = [
  ...checksOf("models", [
    [
      "list",
      "lists its models",
      async (backend) => {
        const answer = await backend.request("GET", "/models");
        accepted(answer);
        must(count(answer.json["data"]) > 0, "no `data` in the list");
      },
    ],
    [
      "named",
      "the model that is asked for is listed",
      async (backend) => {
        const { json } = await backend.request("GET", "/models");
        const list: unknown = json["data"];
        const ids = Array.isArray(list) ? list.map((one: unknown) => stringField(one, "id")) : [];
        must(ids.includes(backend.model), `only ${ids.join(", ").slice(0, 100)}`);
      },
    ],
  ]),
  ...checksOf("answers", [
    [
      "whole*",
      "answers a chat",
      async (backend) => {
        const { content, reasoning, calls } = readWhole(await backend.chat({}));
        must(content !== "" || reasoning !== "" || calls.length > 0, "the answer is empty");
      },
    ],
    [
      "shape*",
      "id, object, created and model are there",
      async (backend) => {
        const { json } = await backend.chat({});
        must(stringField(json, "object") === "chat.completion", "`object` is not chat.completion");
        must((stringField(json, "id") ?? "") !== "", "no `id`");
        must(stringField(json, "model") !== undefined, "no `model`");
        must(Number.isInteger(numberField(json, "created")), "`created` is no whole number");
      },
    ],
    [
      "role*",
      "the message is the assistant's",
      async (backend) => {
        const { message } = readWhole(await backend.chat({}));
        must(stringField(message, "role") === "assistant", "`role` is not assistant");
      },
    ],
    [
      "finish*",
      "says why it ended",
      async (backend) => {
        const { finish } = readWhole(await backend.chat({}));
        must(finish === "stop" || finish === "length", `finish_reason is ${finish || "missing"}`);
      },
    ],
    [
      "system",
      "a system message",
      async (backend) =>
        void readWhole(
          await backend.chat({ messages: [{ role: "system", content: "Be brief." }, user("Hi")] }),
        ),
    ],
    [
      "developer",
      "a developer message",
      async (backend) =>
        void readWhole(
          await backend.chat({
            messages: [{ role: "developer", content: "Be brief." }, user("Hi")],
          }),
        ),
    ],
    [
      "turns",
      "a conversation of several turns",
      async (backend) =>
        void readWhole(
          await backend.chat({
            messages: [user("Hi"), { role: "assistant", content: "Hello." }, user("And now?")],
          }),
        ),
    ],
    [
      "parts",
      "content in text parts",
      async (backend) =>
        void readWhole(await backend.chat({ messages: [user([{ type: "text", text: "Hi" }])] })),
    ],
    [
      "characters",
      "characters of every length",
      async (backend) =>
        void readWhole(await backend.chat({ messages: [user("é 你好 🙂 \u0000 \u202E ਪੰਜਾਬੀ")] })),
    ],
    [
      "unknown-field",
      "a field that it does not know does no harm",
      async (backend) => void readWhole(await backend.chat({ x_unknown: { a: 1 } })),
    ],
    [
      "user-field",
      "`user` and `metadata`",
      async (backend) =>
        void readWhole(await backend.chat({ user: "someone", metadata: { a: "b" } })),
    ],
  ]),
  ...checksOf("sampling", [
    [
      "greedy",
      "temperature 0 says the same twice",
      async (backend) => {
        const [first, second] = [await backend.chat({ seed: 1 }), await backend.chat({ seed: 1 })];
        must(readWhole(first).content === readWhole(second).content, "two answers differ");
      },
    ],
    [
      "settings",
      "top_p, penalties and seed",
      async (backend) =>
        void readWhole(
          await backend.chat({
            top_p: 0.9,
            presence_penalty: 0.1,
            frequency_penalty: 0.1,
            seed: 7,
          }),
        ),
    ],
    [
      "logit-bias",
      "logit_bias",
      async (backend) => void readWhole(await backend.chat({ logit_bias: { "5": -1 } })),
    ],
    [
      "choices",
      "several choices (n)",
      async (backend) => {
        const answer = await backend.chat({ n: 2, temperature: 1 });
        accepted(answer);
        must(
          count(answer.json["choices"]) === 2,
          `${count(answer.json["choices"])} choices instead of 2`,
        );
      },
    ],
    [
      "logprobs",
      "log probabilities with alternatives",
      async (backend) => {
        const answer = await backend.chat({ logprobs: true, top_logprobs: 2 });
        accepted(answer);
        const list: unknown = answer.json["choices"];
        const first: unknown = Array.isArray(list) ? list[0] : null;
        const logprobs = isObject(first) ? first["logprobs"] : null;
        const tokens: unknown = isObject(logprobs) ? logprobs["content"] : null;
        must(Array.isArray(tokens) && tokens.length > 0, "no `logprobs.content`");
        must(isObject(tokens[0]) && count(tokens[0]["top_logprobs"]) === 2, "no `top_logprobs`");
      },
    ],
  ]),
];
