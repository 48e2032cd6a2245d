import { QwqError } from "@qwq-fit/schema";
import type { GenerateRequest } from "../generate-request.ts";
import type { Dialect } from "./dialects.ts";

/** A request in OpenAI's words, and the path that takes it. */
export interface WireRequest {
  readonly path: "/v1/chat/completions" | "/v1/completions";
  readonly body: Readonly<Record<string, unknown>>;
}

/** Writes a request for an engine's OpenAI API. @throws QwqError `unsupported_combination` for what it cannot do. */
export function wireRequest(
  request: GenerateRequest,
  model: string,
  dialect: Dialect,
): WireRequest {
  const { prompt } = request;
  const common = {
    model,
    stream: true,
    stream_options: { include_usage: true },
    ...options(request, dialect),
  };
  if (prompt.kind !== "chat") {
    const able = prompt.kind === "tokens" ? "tokens" : "rawPrompt";
    if (!dialect.capabilities[able]) throw lacks(dialect, `a prompt of ${prompt.kind}`);
    const text = prompt.kind === "tokens" ? prompt.tokens : prompt.text;
    return { path: "/v1/completions", body: { ...common, prompt: text } };
  }
  const { template } = prompt;
  let continued: Readonly<Record<string, unknown>> = {};
  if (template?.continueFinalMessage === true) {
    if (dialect.continuation === null) throw lacks(dialect, "going on with a message");
    continued = dialect.continuation;
  }
  return {
    path: "/v1/chat/completions",
    body: {
      ...common,
      messages: prompt.messages,
      ...(prompt.tools === undefined || prompt.tools.length === 0 ? {} : { tools: prompt.tools }),
      ...(prompt.toolChoice === undefined ? {} : { tool_choice: prompt.toolChoice }),
      ...thoughtFields(template?.variables ?? {}, dialect),
      ...continued,
    },
  };
}

/** What a request asks of the thought. An effort is a wish, and dropped where there is no word for it; "none" is not. */
function thoughtFields(
  variables: Readonly<Record<string, unknown>>,
  dialect: Dialect,
): Record<string, unknown> {
  if (Object.keys(variables).length === 0) return {};
  if (dialect.thought === "variables") return { chat_template_kwargs: variables };
  const off = variables["enable_thinking"] === false;
  if (dialect.thought === null) {
    if (off) throw lacks(dialect, "switching thought off");
    return {};
  }
  const effort = off ? "none" : variables["reasoning_effort"];
  return effort === undefined ? {} : { reasoning_effort: effort };
}

function options(request: GenerateRequest, dialect: Dialect): Record<string, unknown> {
  const { sampling = {}, constraint, logprobs, reasoning } = request;
  const { capabilities, extra } = dialect;
  if (reasoning?.budgetTokens !== undefined && !capabilities.reasoningBudget) {
    throw lacks(dialect, "a budget of thought");
  }
  if (logprobs !== undefined && !capabilities.logprobs) throw lacks(dialect, "probabilities");
  if (sampling.logitBias !== undefined && !capabilities.logitBias) throw lacks(dialect, "a bias");
  const fields: Record<string, unknown> = {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    seed: sampling.seed,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    logit_bias: sampling.logitBias,
    max_tokens: request.maxTokens,
    stop: request.stop,
    ...(logprobs === undefined ? {} : { logprobs: true, top_logprobs: logprobs }),
    ...(constraint === undefined ? {} : { response_format: format(constraint, dialect) }),
  };
  for (const name of ["topK", "minP", "repeatPenalty"] as const) {
    const field = extra[name];
    // An engine that has no word for it keeps its own value; the card's defaults are close.
    if (field !== undefined) fields[field] = sampling[name];
  }
  if (request.ignoreEnd === true) {
    if (dialect.ignoreEnd === null) throw lacks(dialect, "going on past the end");
    fields[dialect.ignoreEnd] = true;
  }
  return fields;
}

function format(
  constraint: NonNullable<GenerateRequest["constraint"]>,
  dialect: Dialect,
): Record<string, unknown> {
  if (constraint.kind === "gbnf") throw lacks(dialect, "a grammar");
  if (!dialect.capabilities.jsonSchema) throw lacks(dialect, "a JSON schema");
  if (constraint.kind === "json-object") return { type: "json_object" };
  const { schema } = constraint;
  return { type: "json_schema", json_schema: { name: "answer", strict: true, schema } };
}

function lacks(dialect: Dialect, what: string): QwqError {
  return new QwqError("unsupported_combination", `${dialect.engine} does not take ${what}.`);
}
