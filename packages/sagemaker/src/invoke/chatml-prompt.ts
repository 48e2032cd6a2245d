import { type ChatMessage, isObject, readAssistant, textOf } from "@qwq-fit/wire";

/**
 * A chat as TGI's and older LMI's request: a prompt in ChatML, the form of Qwen's models (QwQ's `tokenizer_config.json`:
 * `<|im_start|>role`, newline, text, `<|im_end|>`, newline), and `parameters`. Thought of earlier turns is left out, as
 * those models' templates do. Tools, images and schemas have no place in it: null where the request has them.
 */
export function inputsOf(request: Readonly<Record<string, unknown>>): object | null {
  const { messages, tools, response_format: format, stop } = request;
  if (!Array.isArray(messages) || (Array.isArray(tools) && tools.length > 0)) return null;
  if (isObject(format) && format["type"] !== "text") return null;
  let prompt = "";
  for (const message of messages as readonly unknown[]) {
    if (!isObject(message)) return null;
    const role = message["role"] === "developer" ? "system" : message["role"];
    if (role !== "system" && role !== "user" && role !== "assistant") return null;
    const { content } = message;
    if (
      Array.isArray(content) &&
      content.some((part) => !isObject(part) || part["type"] !== "text")
    )
      return null;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- role and content were looked at above
    const told = message as unknown as ChatMessage;
    const text = role === "assistant" ? readAssistant(told).content : textOf(told.content);
    prompt += `<|im_start|>${role}\n${plain(text)}<|im_end|>\n`;
  }
  const number = (name: string): number | undefined => {
    const value = request[name];
    return typeof value === "number" ? value : undefined;
  };
  const temperature = number("temperature");
  const topP = number("top_p");
  const stops = typeof stop === "string" ? [stop] : Array.isArray(stop) ? stop : [];
  const parameters = {
    max_new_tokens: number("max_completion_tokens") ?? number("max_tokens") ?? DEFAULT_NEW_TOKENS,
    // TGI refuses 0 and 1 where it means "not at all".
    ...(temperature === undefined
      ? {}
      : temperature === 0
        ? { do_sample: false }
        : { do_sample: true, temperature }),
    ...(topP === undefined || topP >= 1 || topP <= 0 ? {} : { top_p: topP }),
    ...(number("seed") === undefined ? {} : { seed: number("seed") }),
    ...(number("frequency_penalty") === undefined
      ? {}
      : { frequency_penalty: number("frequency_penalty") }),
    stop: ["<|im_end|>", ...stops],
    return_full_text: false,
    details: true,
  };
  return {
    inputs: `${prompt}<|im_start|>assistant\n`,
    parameters,
    ...(request["stream"] === true ? { stream: true } : {}),
  };
}

/** Room for a thought and an answer where nothing was asked for: TGI's own default ends after 20 tokens. */
const DEFAULT_NEW_TOKENS = 4096;

/** A caller's text cannot speak as another role: the markers in it are split. */
const plain = (text: string): string => text.replaceAll("<|im_", "<| im_");
