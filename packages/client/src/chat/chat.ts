import type { Receipt } from "@qwq-fit/schema";
import type { ChatCompletion, ChatRequest } from "@qwq-fit/wire";
import type { Core } from "../core/core.ts";
import type { CallOptions } from "../core/options.ts";
import { type ChatStream, readChunks } from "./chat-stream.ts";
import type { OutputSchema, ParsedAnswer } from "./parse-answer.ts";

/** A request in OpenAI's shape; the model may be left out, and fields that a target knows besides pass through. */
export type ChatInput = {
  // `Omit` would lose the named fields behind the index signature.
  [
    Field in keyof ChatRequest as string extends Field
      ? never
      : Field extends "model"
        ? never
        : Field
  ]: ChatRequest[Field];
} & { readonly model?: string; readonly [field: string]: unknown };

/** A whole answer with its receipt. */
export type ChatAnswer = ChatCompletion & { readonly receipt: Promise<Receipt> };

export interface ChatCompletions {
  create(
    request: ChatInput & { readonly stream: true },
    options?: CallOptions,
  ): Promise<ChatStream>;
  create(
    request: ChatInput & { readonly stream?: false | null },
    options?: CallOptions,
  ): Promise<ChatAnswer>;
  /**
   * A whole answer of a schema, checked; one that breaks it is repaired once by the model.
   * @throws ClientError `protocol_error` where the repaired one breaks it too.
   */
  parse<T>(
    request: ChatInput,
    schema: OutputSchema<T>,
    options?: CallOptions,
  ): Promise<ParsedAnswer<T>>;
}

// oxlint-disable typescript/no-unsafe-type-assertion -- what a property was just defined on has it
/** A receipt that enumerates nowhere, so that the answer stays OpenAI's own JSON. */
function withReceipt<T extends object>(
  value: T,
  receipt: Promise<Receipt>,
): T & { readonly receipt: Promise<Receipt> } {
  return Object.defineProperty(value, "receipt", { value: receipt, enumerable: false }) as T & {
    readonly receipt: Promise<Receipt>;
  };
}

// oxlint-enable typescript/no-unsafe-type-assertion

/** `chat.completions` over a core. */
export function createChatCompletions(core: Core): ChatCompletions {
  async function create(
    request: ChatInput,
    options: CallOptions = {},
  ): Promise<ChatStream | ChatAnswer> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    if (options.signal?.aborted === true) stop();
    options.signal?.addEventListener("abort", stop, { once: true });
    const answer = await core.send("chat", { ...request }, { ...options, signal: abort.signal });
    const { body } = answer;
    if (typeof body === "string") {
      const completion: ChatCompletion = JSON.parse(body);
      return withReceipt(completion, answer.receipt);
    }
    let target = "";
    void answer.receipt.then((receipt) => {
      target = receipt.node;
    });
    return {
      [Symbol.asyncIterator]: () => readChunks(body, () => target),
      receipt: answer.receipt,
      abort: () => {
        stop();
        body.abandon();
      },
    };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the overloads follow from `stream`
  const asked = create as ChatCompletions["create"];
  return {
    create: asked,
    parse: async (request, schema, options = {}) =>
      (await import("./parse-answer.ts")).parseAnswer(asked, request, schema, options),
  };
}
