import { type ChatCompletion, isObject, numberField, stringField } from "@qwq-fit/wire";

/** What an answer is called where its container does not say. */
export interface AnswerHead {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
}

/** What one piece of a container's stream says: an SSE event's data, or a line. */
export type ContainerData =
  /** OpenAI's chunk; passes as it came. */
  | { readonly kind: "chunk"; readonly finished: boolean }
  /** A whole answer where a stream was asked for. */
  | { readonly kind: "whole"; readonly completion: ChatCompletion }
  /** TGI's or LMI's own token, and at the end why it ended. */
  | {
      readonly kind: "token";
      readonly text: string;
      readonly finish: "stop" | "length" | null;
      readonly outputTokens: number | null;
      readonly promptTokens: number | null;
    }
  /** A failure told inside a stream. */
  | { readonly kind: "error" }
  | { readonly kind: "malformed" };

/** TGI's reasons to end (`FinishReason` of its router's API), which LMI shares. */
const FINISH: Readonly<Record<string, "stop" | "length">> = {
  eos_token: "stop",
  stop_sequence: "stop",
  stop: "stop",
  length: "length",
};

/** Reads one piece of a stream, parsed. */
export function readContainerData(value: unknown, head: AnswerHead): ContainerData {
  if (!isObject(value)) return { kind: "malformed" };
  const { error, choices, token, generated_text: text, details } = value;
  if (error !== undefined && error !== null) return { kind: "error" };
  if (Array.isArray(choices)) return readChoices(value, choices);
  if (isObject(token)) {
    const reason = isObject(details) ? stringField(details, "finish_reason") : undefined;
    const finish = reason === undefined ? null : (FINISH[reason] ?? null);
    if (reason !== undefined && finish === null) return { kind: "error" };
    return {
      kind: "token",
      text: token["special"] === true ? "" : (stringField(token, "text") ?? ""),
      finish,
      outputTokens: numberField(details, "generated_tokens") ?? null,
      promptTokens: promptTokensOf(details),
    };
  }
  if (typeof text === "string")
    return { kind: "whole", completion: generated(text, details, head) };
  if (isObject(value["usage"])) return { kind: "chunk", finished: false };
  return { kind: "malformed" };
}

function readChoices(value: object, choices: readonly unknown[]): ContainerData {
  const list = choices.filter(isObject);
  if (list.length !== choices.length) return { kind: "malformed" };
  if (list.some((choice) => isObject(choice["message"]))) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read by wire field by field, as any server's
    return { kind: "whole", completion: value as ChatCompletion };
  }
  return {
    kind: "chunk",
    finished: list.some((choice) => typeof choice["finish_reason"] === "string"),
  };
}

/** TGI lists the prompt's tokens where it was asked to; their number is what counts. */
function promptTokensOf(details: unknown): number | null {
  if (!isObject(details)) return null;
  const { prefill } = details;
  const counted = numberField(details, "prompt_tokens") ?? numberField(details, "input_length");
  return counted ?? (Array.isArray(prefill) && prefill.length > 0 ? prefill.length : null);
}

/** TGI's whole answer, `{"generated_text"}`, as OpenAI's. */
function generated(text: string, details: unknown, head: AnswerHead): ChatCompletion {
  const reason = stringField(details, "finish_reason");
  const output = numberField(details, "generated_tokens");
  const prompt = promptTokensOf(details) ?? 0;
  return {
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text },
        finish_reason: reason === undefined ? "stop" : (FINISH[reason] ?? null),
      },
    ],
    ...(output === undefined
      ? {}
      : {
          usage: {
            prompt_tokens: prompt,
            completion_tokens: output,
            total_tokens: prompt + output,
          },
        }),
  };
}
