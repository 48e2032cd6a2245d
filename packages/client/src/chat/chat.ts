import type { RelayAnswer } from "@qwq-fit/relay";
import type { Receipt } from "@qwq-fit/schema";
import type { ChatCompletion, ChatRequest } from "@qwq-fit/wire";
import type { Core } from "../core/core.ts";
import { errorOfEnvelope } from "../core/errors.ts";
import type { CallOptions } from "../core/options.ts";
import { type ChatStream, readChunks } from "./chat-stream.ts";

/** A request in OpenAI's shape; the model may be left out. */
export type ChatInput = Omit<ChatRequest, "model"> & { readonly model?: string };

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
}

/** The error of an answer that is no success. */
export function failureOf(answer: RelayAnswer): Error {
  // The relay's own headers: names in lower case, the wait in seconds.
  const { "retry-after": wait, "x-qwq-node": node = "" } = answer.headers;
  return errorOfEnvelope(typeof answer.body === "string" ? answer.body : "", {
    status: answer.status,
    target: decodeURIComponent(node),
    retryAfterMs: wait === undefined ? null : Number(wait) * 1000,
  });
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
    if (answer.status !== 200) throw failureOf(answer);
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
      abort: stop,
    };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the overloads follow from `stream`
  return { create } as ChatCompletions;
}
