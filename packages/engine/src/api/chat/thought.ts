import type { ChatRequest, ReasoningEffort } from "@qwq-fit/wire";
import type { ServedModel } from "../served-model.ts";

/** What a request asks of the model's thinking. */
export interface ThoughtPlan {
  /** Variables for the chat template. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Most tokens of thought; null: as many as it takes. */
  readonly budgetTokens: number | null;
}

/**
 * Shares of the output that an effort gives to thought, as OpenRouter turns efforts into budgets
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens). "max" is not bounded.
 */
const EFFORT_SHARES: Readonly<Record<Exclude<ReasoningEffort, "none" | "max">, number>> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
};

/** OpenRouter's least budget, and Anthropic's. A smaller output leaves thought half of itself. */
const LEAST_BUDGET_TOKENS = 1024;

/**
 * Effort and budget of a request. A budget in tokens goes before an effort; "none" switches thought off in
 * a template that can, and closes it at once in one that always opens it (QwQ).
 *
 * @param outputTokens What the output may hold: the request's cap, or what the context leaves.
 */
export function planThought(
  request: ChatRequest,
  model: ServedModel,
  outputTokens: number | null,
): ThoughtPlan {
  const given = request.chat_template_kwargs ?? {};
  if (model.thinks === "never") return { variables: given, budgetTokens: null };
  const effort = request.reasoning_effort ?? request.reasoning?.effort ?? null;
  const off = effort === "none" || given["enable_thinking"] === false;
  const explicit = request.thinking_budget ?? request.reasoning?.max_tokens ?? null;
  if (off) {
    return model.thinks === "switchable"
      ? { variables: { ...given, enable_thinking: false }, budgetTokens: null }
      : { variables: given, budgetTokens: 0 };
  }
  const told = effort === null ? given : { reasoning_effort: effort, ...given };
  return { variables: told, budgetTokens: explicit ?? budgetOf(effort, outputTokens) };
}

function budgetOf(effort: ReasoningEffort | null, outputTokens: number | null): number | null {
  if (effort === null || effort === "none" || effort === "max" || outputTokens === null)
    return null;
  const share = Math.floor(outputTokens * EFFORT_SHARES[effort]);
  return Math.max(share, Math.min(LEAST_BUDGET_TOKENS, Math.floor(outputTokens / 2)));
}
