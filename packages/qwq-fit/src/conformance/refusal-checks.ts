import { isObject, stringField } from "@qwq-fit/wire";
import { checksOf } from "./check.ts";
import type { Check } from "./check.ts";
import { accepted, must, readWhole, refused } from "./read-chat.ts";

/** Some 400,000 tokens: more than local servers take. A model with a longer context would answer, and bill, it. */
const TOO_LONG = "sea ".repeat(400_000);

/** Limits, errors, and the other APIs. */
export const REFUSAL_CHECKS: readonly Check[] = [
  ...checksOf("limits", [
    [
      "max-tokens*",
      "max_tokens ends an answer with `length`",
      async (backend) => {
        const { finish, usage } = readWhole(await backend.chat({ max_tokens: 3 }));
        must(finish === "length", `finish_reason is ${finish}`);
        const used = usage?.["completion_tokens"];
        must(typeof used !== "number" || used <= 3, `${String(used)} tokens instead of 3`);
      },
    ],
    [
      "max-completion-tokens",
      "so does max_completion_tokens",
      async (backend) => {
        const { finish } = readWhole(
          await backend.chat({ max_tokens: undefined, max_completion_tokens: 3 }),
        );
        must(finish === "length", `finish_reason is ${finish}`);
      },
    ],
    [
      "stop",
      "a stop text ends it and is left out",
      async (backend) => {
        const whole = readWhole(await backend.chat({ max_tokens: 512 })).content;
        const stop = whole.trim().split(/\s+/u)[2];
        must(stop !== undefined, "the answer is too short to try");
        const { content, finish } = readWhole(
          await backend.chat({ max_tokens: 512, stop: [stop] }),
        );
        must(!content.includes(stop), "the stop text is in the answer");
        must(finish === "stop", `finish_reason is ${finish}`);
      },
    ],
    [
      "context",
      "a prompt past the context is refused as such",
      async (backend) => {
        const answer = await backend.chat({ messages: [{ role: "user", content: TOO_LONG }] });
        refused(answer, [400, 413, 422]);
      },
    ],
  ]),
  ...checksOf("errors", [
    [
      "no-json*",
      "a body that is no JSON",
      async (backend) => refused(await backend.request("POST", "/chat/completions", '{"model":')),
    ],
    [
      "no-messages*",
      "no messages",
      async (backend) =>
        refused(await backend.request("POST", "/chat/completions", { model: backend.model })),
    ],
    [
      "messages-type",
      "messages that are no list",
      async (backend) => refused(await backend.chat({ messages: "hi" })),
    ],
    [
      "role",
      "a role that does not exist",
      async (backend) =>
        refused(await backend.chat({ messages: [{ role: "nobody", content: "hi" }] })),
    ],
    [
      "temperature",
      "a temperature out of range",
      async (backend) => refused(await backend.chat({ temperature: -1 })),
    ],
    [
      "max-tokens",
      "a limit below 1",
      async (backend) => refused(await backend.chat({ max_tokens: -5 })),
    ],
    [
      "model",
      "a model that is not here",
      async (backend) =>
        refused(await backend.chat({ model: "no-such-model-anywhere" }), [400, 404]),
    ],
    [
      "path",
      "a path that does not exist",
      async (backend) => {
        const { status } = await backend.request("POST", "/no/such/path", {});
        must(status === 404 || status === 405, `status ${status}`);
      },
    ],
    [
      "streamed",
      "an error of a stream is told by its status",
      async (backend) => refused(await backend.stream({ messages: "hi" })),
    ],
    [
      "type",
      "an error has a type, and a code or a param",
      async (backend) => {
        const { json } = await backend.chat({ messages: "hi" });
        const { error } = json;
        must(stringField(error, "type") !== undefined, "no `type`");
        must(isObject(error) && "code" in error && "param" in error, "no `code` and `param`");
      },
    ],
    [
      "after",
      "after all of these it still answers",
      async (backend) => void readWhole(await backend.chat({})),
    ],
  ]),
  ...checksOf("other APIs", [
    [
      "completions",
      "text completions",
      async (backend) => {
        const body = { model: backend.model, prompt: "The sea", max_tokens: 4, temperature: 0 };
        const answer = await backend.request("POST", "/completions", body);
        accepted(answer);
        const list: unknown = answer.json["choices"];
        must(
          Array.isArray(list) && typeof stringField(list[0], "text") === "string",
          "no `choices[0].text`",
        );
      },
    ],
    [
      "embeddings",
      "embeddings",
      async (backend) => {
        const answer = await backend.request("POST", "/embeddings", {
          model: backend.model,
          input: "sea",
        });
        accepted(answer);
        const list: unknown = answer.json["data"];
        const first: unknown = Array.isArray(list) ? list[0] : null;
        must(isObject(first) && Array.isArray(first["embedding"]), "no `data[0].embedding`");
      },
    ],
    [
      "responses",
      "OpenAI's Responses",
      async (backend) => {
        const body = { model: backend.model, input: "Hi", max_output_tokens: 16 };
        accepted(await backend.request("POST", "/responses", body));
      },
    ],
    [
      "messages",
      "Anthropic's Messages",
      async (backend) => {
        const messages = [{ role: "user", content: "Hi" }];
        const body = { model: backend.model, max_tokens: 16, messages };
        accepted(await backend.request("POST", "/messages", body));
      },
    ],
  ]),
];
