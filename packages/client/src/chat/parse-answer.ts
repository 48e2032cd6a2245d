import type { ChatCompletion, ChatMessage } from "@qwq-fit/wire";
import { parseJson } from "@qwq-fit/wire";
import { ClientError } from "../core/errors.ts";
import type { CallOptions } from "../core/options.ts";
import type { ChatAnswer, ChatCompletions, ChatInput } from "./chat.ts";

/** What checks a value: the part of Standard Schema (standardschema.dev) that is used. Zod, Valibot and ArkType have it. */
export interface StandardSchema<T> {
  readonly "~standard": {
    readonly validate: (value: unknown) => Validated<T> | Promise<Validated<T>>;
  };
}

type Validated<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** The shape that is wanted: told to the engine as JSON schema, and checked here. */
export interface OutputSchema<T> {
  readonly name: string;
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /** Checks the value; returns it or throws. Or a Standard Schema. */
  readonly validate: StandardSchema<T> | ((value: unknown) => T);
}

/** A whole answer with the value that it is. */
export interface ParsedAnswer<T> {
  readonly value: T;
  readonly answer: ChatAnswer;
  /** The first answer broke the schema, and the model was told why and asked again. */
  readonly repaired: boolean;
}

/** An answer of the schema; one that breaks it is repaired once by the model itself. */
export async function parseAnswer<T>(
  create: ChatCompletions["create"],
  request: ChatInput,
  schema: OutputSchema<T>,
  options: CallOptions,
): Promise<ParsedAnswer<T>> {
  const wanted: ChatInput = {
    ...request,
    stream: false,
    response_format: {
      type: "json_schema",
      json_schema: { name: schema.name, schema: schema.jsonSchema, strict: true },
    },
  };
  const ask = (messages: readonly ChatMessage[]): Promise<ChatAnswer> =>
    create({ ...wanted, messages, stream: false }, options);
  const first = await ask(request.messages);
  const read = await readValue(first, schema);
  if (read.ok) return { value: read.value, answer: first, repaired: false };
  const answer = await ask([
    ...request.messages,
    { role: "assistant", content: textOf(first) },
    {
      role: "user",
      content: `That is not the JSON that was asked for: ${read.wrong}. Answer with the mended JSON alone.`,
    },
  ]);
  const again = await readValue(answer, schema);
  if (again.ok) return { value: again.value, answer, repaired: true };
  const { node } = await answer.receipt;
  throw new ClientError(
    "protocol_error",
    `the answer breaks the schema ${schema.name}: ${again.wrong}`,
    {
      status: 200,
      target: node,
      hint: "Raise `max_tokens`, or take a simpler schema or a larger model.",
    },
  );
}

const textOf = (answer: ChatCompletion): string => answer.choices[0]?.message.content ?? "";

type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly wrong: string };

async function readValue<T>(
  answer: ChatCompletion,
  { validate }: OutputSchema<T>,
): Promise<Read<T>> {
  const value = parseJson(textOf(answer));
  if (value === undefined) return { ok: false, wrong: "it is no JSON" };
  if (typeof validate === "function") {
    try {
      return { ok: true, value: validate(value) };
    } catch (error) {
      return { ok: false, wrong: error instanceof Error ? error.message : "it was not accepted" };
    }
  }
  const result = await validate["~standard"].validate(value);
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, wrong: result.issues.map(({ message }) => message).join("; ") };
}
