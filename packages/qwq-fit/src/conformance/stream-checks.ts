import { isObject, numberField, stringField } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import { checksOf } from "./check.ts";
import type { Check } from "./check.ts";
import { must, readStreamed, readWhole } from "./read-chat.ts";

const choicesOf = (chunk: JsonObject): JsonObject[] =>
  Array.isArray(chunk["choices"]) ? chunk["choices"].filter(isObject) : [];

function addsUp(usage: JsonObject | null): void {
  must(usage !== null, "no `usage`");
  const [prompt, completion, total] = ["prompt_tokens", "completion_tokens", "total_tokens"].map(
    (name) => numberField(usage, name),
  );
  must(prompt !== undefined && prompt > 0, "no `prompt_tokens`");
  must(completion !== undefined && completion > 0, "no `completion_tokens`");
  must(total === prompt + completion, "`total_tokens` is not their sum");
}

/** Streams, and what is counted. */
export const STREAM_CHECKS: readonly Check[] = [
  ...checksOf("streaming", [
    [
      "whole*",
      "streams to a finish reason and [DONE]",
      async (backend) => void readStreamed(await backend.stream({})),
    ],
    [
      "type*",
      "as text/event-stream",
      async (backend) => {
        const { headers } = await backend.stream({});
        must(
          (headers.get("content-type") ?? "").includes("text/event-stream"),
          `is ${headers.get("content-type")}`,
        );
      },
    ],
    [
      "chunks*",
      "each chunk is a chat.completion.chunk",
      async (backend) => {
        const { chunks } = await backend.stream({});
        must(
          chunks.every((chunk) => stringField(chunk, "object") === "chat.completion.chunk"),
          "one is not",
        );
      },
    ],
    [
      "one-id",
      "all chunks have one id",
      async (backend) => {
        const { chunks } = await backend.stream({});
        must(new Set(chunks.map((chunk) => chunk["id"])).size === 1, "the ids differ");
      },
    ],
    [
      "role",
      "the first delta names the role",
      async (backend) => {
        const { chunks } = await backend.stream({});
        const delta = chunks.flatMap(choicesOf)[0]?.["delta"];
        must(stringField(delta, "role") === "assistant", "it does not");
      },
    ],
    [
      "one-finish",
      "one finish reason, in the last choice",
      async (backend) => {
        const choices = (await backend.stream({})).chunks.flatMap(choicesOf);
        const ends = choices.filter((choice) => typeof choice["finish_reason"] === "string");
        must(ends.length === 1, `${ends.length} finish reasons`);
        must(choices.at(-1) === ends[0], "choices follow the finish reason");
      },
    ],
    [
      "same-text",
      "says what the whole answer says",
      async (backend) => {
        const streamed = readStreamed(await backend.stream({ seed: 1 }));
        const whole = readWhole(await backend.chat({ seed: 1 }));
        must(streamed.content === whole.content, "the texts differ");
      },
    ],
    [
      "pieces",
      "comes piece by piece",
      async (backend) => {
        const { chunks } = await backend.stream({});
        must(chunks.length > 3, `${chunks.length} events in all`);
      },
    ],
    [
      "nothing-late",
      "nothing follows [DONE]",
      async (backend) => {
        const { late } = await backend.stream({});
        must(late === 0, `${late} events follow`);
      },
    ],
    [
      "length",
      "a limit ends a stream with `length`",
      async (backend) => {
        const { finish } = readStreamed(await backend.stream({ max_tokens: 2 }));
        must(finish === "length", `finish_reason is ${finish}`);
      },
    ],
    [
      "side-by-side",
      "four streams at once, each whole",
      async (backend) => {
        const all = await Promise.all([1, 2, 3, 4].map(() => backend.stream({ max_tokens: 24 })));
        for (const one of all) readStreamed(one);
      },
    ],
  ]),
  ...checksOf("usage", [
    [
      "whole*",
      "tokens of a whole answer add up",
      async (backend) => addsUp(readWhole(await backend.chat({})).usage),
    ],
    [
      "stream",
      "tokens of a stream, when asked for",
      async (backend) =>
        addsUp(
          readStreamed(await backend.stream({ stream_options: { include_usage: true } })).usage,
        ),
    ],
    [
      "unasked",
      "none in a stream that did not ask",
      async (backend) => {
        const { usage } = readStreamed(await backend.stream({}));
        must(usage === null, "there is `usage`");
      },
    ],
    [
      "apart",
      "in a chunk of its own, without choices",
      async (backend) => {
        const { chunks } = await backend.stream({ stream_options: { include_usage: true } });
        const last = chunks.at(-1) ?? {};
        must(isObject(last["usage"]) && choicesOf(last).length === 0, "it is not");
      },
    ],
    [
      "same",
      "a stream counts as a whole answer does",
      async (backend) => {
        const whole = readWhole(await backend.chat({ seed: 1 })).usage;
        const body = { seed: 1, stream_options: { include_usage: true } };
        const streamed = readStreamed(await backend.stream(body)).usage;
        for (const name of ["prompt_tokens", "completion_tokens"]) {
          must(numberField(whole, name) === numberField(streamed, name), `\`${name}\` differ`);
        }
      },
    ],
  ]),
  ...checksOf("abort", [
    [
      "leave*",
      "leaving a stream does no harm to the next",
      async (backend) => {
        await backend.stream({ max_tokens: 4096 }, 2);
        readWhole(await backend.chat({ max_tokens: 4 }));
      },
    ],
    [
      "leave-many",
      "nor does leaving eight at once",
      async (backend) => {
        await Promise.allSettled(
          [1, 2, 3, 4, 5, 6, 7, 8].map(() => backend.stream({ max_tokens: 4096 }, 1)),
        );
        readStreamed(await backend.stream({ max_tokens: 4 }));
      },
    ],
  ]),
];
