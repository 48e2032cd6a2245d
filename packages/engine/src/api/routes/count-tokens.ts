import { QwqError } from "@qwq-fit/schema";
import type { ChatRequest } from "@qwq-fit/wire";
import type { AnswerContext } from "../chat/answer-chat.ts";
import { engineMessages, engineTools } from "../chat/messages.ts";

/** Anthropic's `POST /v1/messages/count_tokens`: the prompt's length through the model's own template. */
export async function countMessageTokens(
  request: ChatRequest,
  { options, signal }: AnswerContext,
): Promise<Response> {
  const lease = await options.host.acquire(signal);
  try {
    const { engine } = lease;
    if (!engine.info.capabilities.template || !engine.info.capabilities.tokens) {
      throw new QwqError("unsupported_combination", "this engine cannot count tokens");
    }
    const tools = engineTools(request.tools ?? []);
    const { tokens, text } = await engine.applyTemplate(engineMessages(request), tools);
    return Response.json({ input_tokens: (tokens ?? (await engine.tokenize(text))).length });
  } finally {
    lease.release();
  }
}
