import { isObject, numberField, parseJson } from "@qwq-fit/wire";
import type { ChatInput } from "../chat/chat.ts";
import type { Core } from "./core.ts";
import type { CallOptions } from "./options.ts";

/** How long a prompt is. */
export interface TokenCount {
  readonly tokens: number;
  /** Counted by the engine's own template and tokenizer, or estimated from the number of characters. */
  readonly method: "counted" | "estimated";
  /** Who counted; null where nobody did. */
  readonly target: string | null;
}

/**
 * Tokens of a prompt: counted by the best target of this device or network that can, else estimated here. Nothing is
 * sent farther than the policy allows, and to no cloud.
 */
export async function countTokens(
  core: Core,
  request: ChatInput,
  call: CallOptions,
): Promise<TokenCount> {
  const near = { ...call, policy: { ...call.policy, ...nearest(core, request, call) } };
  const { decision } = core.decide("chat", request, near);
  const estimated = core.decide("chat", request, call).shape.promptTokens;
  const body = countable(core.model, request);
  const ranked = body !== null && decision.kind === "route" ? decision.ranked : [];
  for (const { node } of ranked) {
    // The best that can; most often the first.
    // oxlint-disable-next-line no-await-in-loop
    const tokens = await counted(core, node, JSON.stringify(body), call);
    if (tokens !== undefined) return { tokens, method: "counted", target: node };
  }
  return { tokens: estimated, method: "estimated", target: null };
}

/** No farther than the own network. */
function nearest(
  core: Core,
  request: ChatInput,
  call: CallOptions,
): { privacy: "device" | "own-network" } {
  const { policy } = core.decide("chat", request, call);
  return { privacy: policy.privacy === "device" ? "device" : "own-network" };
}

async function counted(
  core: Core,
  node: string,
  body: string,
  { signal = new AbortController().signal }: CallOptions,
): Promise<number | undefined> {
  try {
    const path = "/messages/count_tokens";
    const response = await core.transport(node)?.({ path, body, headers: {}, signal });
    if (response?.status !== 200) return undefined;
    return numberField(parseJson(await response.text()), "input_tokens");
  } catch {
    return undefined;
  }
}

/** The prompt as Anthropic's API has it, which engines count by; null for what it would say otherwise. */
function countable(model: string, { messages, tools }: ChatInput): object | null {
  const plain = messages.every(
    ({ role, content }) =>
      (role === "system" || role === "user" || role === "assistant") && typeof content === "string",
  );
  if (!plain) return null;
  const listed = (tools ?? []).flatMap((tool) => {
    const { name, description, parameters } = tool.function;
    const input = isObject(parameters) ? parameters : { type: "object" };
    return [{ name, ...(description === undefined ? {} : { description }), input_schema: input }];
  });
  const more = listed.length === 0 ? {} : { tools: listed };
  return {
    model,
    max_tokens: 1,
    messages: messages.map(({ role, content }) => ({ role, content })),
    ...more,
  };
}
