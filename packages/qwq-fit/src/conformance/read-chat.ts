import { isObject, numberField, stringField } from "@qwq-fit/wire";
import type { JsonObject } from "@qwq-fit/wire";
import type { Answer, Streamed } from "./backend.ts";

/** What a check found wrong. */
export class Nonconformity extends Error {}

/** @throws Nonconformity with `wrong`, unless the condition holds. */
export function must(condition: boolean, wrong: string): asserts condition {
  if (!condition) throw new Nonconformity(wrong);
}

/** A chat answer as the checks read it, whole or put together from chunks. */
export interface ChatRead {
  readonly content: string;
  readonly reasoning: string;
  readonly finish: string;
  readonly message: JsonObject;
  readonly calls: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
  }[];
  readonly usage: JsonObject | null;
}

const objects = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];
const text = (value: unknown, field: string): string => stringField(value, field) ?? "";
const reasoningIn = (value: unknown): string =>
  text(value, "reasoning_content") || text(value, "reasoning");

/** The answer was accepted. */
export function accepted(answer: Answer): void {
  must(answer.status === 200, `status ${answer.status}: ${messageOf(answer)}`);
}

/** What a refusal says, shortened. */
export function messageOf(answer: Answer): string {
  const { error } = answer.json;
  return (text(error, "message") || (typeof error === "string" ? error : answer.text)).slice(
    0,
    120,
  );
}

/** A whole answer. */
export function readWhole(answer: Answer): ChatRead {
  accepted(answer);
  const [choice] = objects(answer.json["choices"]);
  const message = choice?.["message"];
  must(choice !== undefined && isObject(message), "no `choices[0].message`");
  const calls = objects(message["tool_calls"]).map((call) => callOf(call));
  const usage = answer.json["usage"];
  return {
    content: text(message, "content"),
    reasoning: reasoningIn(message),
    finish: text(choice, "finish_reason"),
    message,
    calls,
    usage: isObject(usage) ? usage : null,
  };
}

const callOf = (call: JsonObject): ChatRead["calls"][number] => ({
  id: text(call, "id"),
  name: text(call["function"], "name"),
  arguments: text(call["function"], "arguments"),
});

/** A streamed answer put together; @throws Nonconformity where it is not whole. */
export function readStreamed(streamed: Streamed): ChatRead {
  accepted(streamed);
  must(streamed.done, "no `[DONE]` at the end");
  let [content, reasoning, finish] = ["", "", ""];
  let usage: JsonObject | null = null;
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const chunk of streamed.chunks) {
    must(chunk["error"] === undefined || chunk["error"] === null, "an error in the stream");
    const counted = chunk["usage"];
    if (isObject(counted)) usage = counted;
    for (const choice of objects(chunk["choices"])) {
      if ((numberField(choice, "index") ?? 0) !== 0) continue;
      const { delta } = choice;
      content += text(delta, "content");
      reasoning += reasoningIn(delta);
      finish = text(choice, "finish_reason") || finish;
      for (const call of isObject(delta) ? objects(delta["tool_calls"]) : []) {
        const index = numberField(call, "index") ?? 0;
        const known = calls.get(index) ?? { id: "", name: "", arguments: "" };
        const more = callOf(call);
        calls.set(index, {
          id: known.id || more.id,
          name: known.name + more.name,
          arguments: known.arguments + more.arguments,
        });
      }
    }
  }
  must(finish !== "", "no finish reason in the stream");
  return { content, reasoning, finish, message: {}, calls: [...calls.values()], usage };
}

/** An error of the caller's, told as OpenAI tells one. */
export function refused(answer: Answer, statuses: readonly number[] = [400, 422]): void {
  must(answer.status !== 200, "was accepted");
  must(
    statuses.includes(answer.status),
    `status ${answer.status} instead of ${statuses.join(" or ")}`,
  );
  const { error } = answer.json;
  must(isObject(error), "no `error` object in the body");
  must(text(error, "message") !== "", "the error has no `message`");
}
