import type { ChatRequest, ChatTool } from "@qwq-fit/wire";
import type { Engine, EngineInfo, RenderedPrompt } from "../../engine.ts";
import type { EngineToolChoice } from "../../engine-messages.ts";
import type { GeneratePrompt, GenerateRequest } from "../../generate-request.ts";
import { QwqError } from "@qwq-fit/schema";
import { fieldError } from "../http-error.ts";
import type { ContentRule } from "./content-rule.ts";
import type { ServedModel } from "../served-model.ts";
import { continuesThought, engineMessages, engineTools } from "./messages.ts";
import { constraintOf, contentOf } from "./constraint.ts";
import { samplingOf } from "./sampling.ts";
import { planThought } from "./thought.ts";

/** A chat request made ready for an engine. */
export interface ChatJob {
  /** One request for each choice. */
  readonly requests: readonly GenerateRequest[];
  /** The output starts inside a thought. */
  readonly startsInThought: boolean;
  /** The output goes on with a message that the caller has. */
  readonly continues: boolean;
  readonly tools: readonly ChatTool[];
  /** The caller does not want the thought told. */
  readonly hidesThought: boolean;
  /** Calls past this are dropped: `parallel_tool_calls: false` asks for one at most. */
  readonly mostCalls: number;
  /** An answer in bare JSON is a call. */
  readonly bareJsonCalls: boolean;
  /** What the content must be: any JSON, or JSON of a schema. */
  readonly content: ContentRule;
  readonly logprobs: boolean;
}

/**
 * Makes a request ready: messages through the model's template, the model card's sampling, thought
 * and its budget, tools, format. Throws `context_too_long`, `unsupported_combination`, `invalid_value`.
 */
export async function prepareChat(
  request: ChatRequest,
  engine: Engine,
  model: ServedModel,
  promptLimit: number | null,
): Promise<ChatJob> {
  const { info } = engine;
  const choice = request.tool_choice ?? "auto";
  const tools = choice === "none" ? [] : (request.tools ?? []);
  const continues = request.continue_final_message === true;
  if (continues && !info.capabilities.continuation) {
    throw fieldError(
      "unsupported_combination",
      "continue_final_message",
      "this engine cannot continue a message",
    );
  }
  const cap = request.max_completion_tokens ?? request.max_tokens ?? null;
  const thought = planThought(request, model, cap ?? info.contextTokens);
  const template = {
    addGenerationPrompt: !continues,
    continueFinalMessage: continues,
    variables: thought.variables,
  };
  const messages = engineMessages(request);
  const rendered = info.capabilities.template
    ? await engine.applyTemplate(messages, engineTools(tools), template)
    : null;
  checkLength(rendered, info, promptLimit);
  const constraint = constraintOf(request, tools, choice, info);
  const prompt: GeneratePrompt =
    rendered === null
      ? {
          kind: "chat",
          messages,
          tools: engineTools(tools),
          toolChoice: toolChoiceOf(choice),
          template,
        }
      : promptOf(rendered, info);
  const startsInThought = rendered?.opensThought ?? continuesThought(request);
  const base: GenerateRequest = {
    prompt,
    ...(cap === null ? {} : { maxTokens: cap }),
    stop: stopsOf(request.stop),
    ...(constraint === null ? {} : { constraint }),
    ...logprobsOf(request, info),
    ...(info.reasoning === null || model.thinks === "never"
      ? {}
      : {
          reasoning: {
            open: startsInThought,
            ...(thought.budgetTokens === null ? {} : { budgetTokens: thought.budgetTokens }),
          },
        }),
  };
  const count = request.n ?? 1;
  return {
    requests: Array.from({ length: count }, (_, index) => ({
      ...base,
      sampling: samplingOf(request, model.sampling, seedOf(request.seed ?? null, index)),
    })),
    startsInThought,
    continues,
    tools,
    hidesThought: request.include_reasoning === false || request.reasoning?.exclude === true,
    mostCalls: request.parallel_tool_calls === false ? 1 : Infinity,
    bareJsonCalls: tools.length > 0 && constraint !== null,
    content: contentOf(request),
    logprobs: request.logprobs === true,
  };
}

function promptOf(rendered: RenderedPrompt, info: EngineInfo): GeneratePrompt {
  return rendered.tokens !== null && info.capabilities.tokens
    ? { kind: "tokens", tokens: rendered.tokens }
    : { kind: "text", text: rendered.text };
}

function checkLength(
  rendered: RenderedPrompt | null,
  info: EngineInfo,
  promptLimit: number | null,
): void {
  const tokens = rendered?.tokens?.length ?? 0;
  const context = info.contextTokens ?? Infinity;
  const most = Math.min(context - 1, promptLimit ?? Infinity);
  if (tokens <= most) return;
  throw new QwqError(
    "context_too_long",
    `This model's maximum context length is ${most === promptLimit ? most : context} tokens, but the messages are ${tokens} tokens.`,
    { details: { param: "messages", promptTokens: tokens, contextTokens: context } },
  );
}

function stopsOf(stop: ChatRequest["stop"]): readonly string[] {
  if (stop === null || stop === undefined) return [];
  return typeof stop === "string" ? [stop] : stop;
}

/** Choices of one seed differ from each other, and the same request says the same again. */
function seedOf(seed: number | null, index: number): number | null {
  return seed === null ? null : seed + index;
}

function logprobsOf(request: ChatRequest, info: EngineInfo): Pick<GenerateRequest, "logprobs"> {
  if (request.logprobs !== true) return {};
  if (!info.capabilities.logprobs) {
    throw fieldError(
      "unsupported_combination",
      "logprobs",
      "this engine tells no log probabilities",
    );
  }
  return { logprobs: request.top_logprobs ?? 0 };
}

function toolChoiceOf(choice: NonNullable<ChatRequest["tool_choice"]>): EngineToolChoice {
  return typeof choice === "string" ? choice : { type: "function", function: choice.function };
}
