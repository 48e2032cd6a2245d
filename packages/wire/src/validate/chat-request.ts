import type { ChatRequest } from "../chat/request.ts";
import { isObject, stringField } from "../json.ts";
import { MAX_SCHEMA_DEPTH, nestsWithin } from "./depth.ts";
import { checkMessages } from "./messages.ts";
import { createChecker } from "./problem.ts";
import type { Checked, Checker } from "./problem.ts";

export interface RequestLimits {
  readonly maxMessages: number;
  readonly maxTools: number;
  readonly maxStops: number;
  readonly maxChoices: number;
}

/** OpenAI takes 4 stops, 128 tools and 128 choices; engines here take more stops and fewer choices. */
export const DEFAULT_REQUEST_LIMITS: RequestLimits = {
  maxMessages: 4096,
  maxTools: 128,
  maxStops: 16,
  maxChoices: 16,
};

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Reads a chat completion request: the request, or every problem with its path. Unknown fields pass. */
export function readChatRequest(
  body: unknown,
  limits: RequestLimits = DEFAULT_REQUEST_LIMITS,
): Checked<ChatRequest> {
  const check = createChecker();
  if (!isObject(body)) {
    check.expect(false, "", "the body must be a JSON object", "invalid_request");
    return { ok: false, problems: check.problems };
  }
  checkMessages(body["messages"], check, limits.maxMessages);
  checkSampling(body, check);
  checkTools(body, check, limits);
  checkFormat(body["response_format"], check);
  checkReasoning(body, check);
  check.number(body, "n", { least: 1, most: limits.maxChoices, integer: true });
  for (const name of ["stream", "logprobs", "parallel_tool_calls", "include_reasoning"])
    check.boolean(body, name);
  check.boolean(body, "continue_final_message");
  checkContinuation(body, check);
  check.expect(
    body["model"] === undefined || typeof body["model"] === "string",
    "model",
    "`model` must be a name",
  );
  const value: object = { ...body, model: stringField(body, "model") ?? "" };
  return check.problems.length === 0 && isChatRequest(value)
    ? { ok: true, value }
    : { ok: false, problems: check.problems };
}

/** What was checked above; the rest of a request passes through. */
function isChatRequest(value: object): value is ChatRequest {
  return "messages" in value && "model" in value;
}

/** The fields of sampling and length, which chat and text completions share. */
export function checkSampling(body: unknown, check: Checker): void {
  check.number(body, "temperature", { least: 0, most: 5 });
  check.number(body, "top_p", { least: 0, most: 1 });
  check.number(body, "top_k", { least: -1, integer: true });
  check.number(body, "min_p", { least: 0, most: 1 });
  check.number(body, "presence_penalty", { least: -2, most: 2 });
  check.number(body, "frequency_penalty", { least: -2, most: 2 });
  check.number(body, "repeat_penalty", { least: 0, most: 10 });
  check.number(body, "repetition_penalty", { least: 0, most: 10 });
  check.number(body, "seed", { integer: true });
  check.number(body, "max_tokens", { least: 1, integer: true });
  check.number(body, "max_completion_tokens", { least: 1, integer: true });
  check.number(body, "top_logprobs", { least: 0, most: 20, integer: true });
  if (!isObject(body)) return;
  const stop = body["stop"] ?? [];
  const stops: unknown[] = Array.isArray(stop) ? stop : [stop];
  check.expect(
    stops.every((one) => typeof one === "string" && one !== "") &&
      stops.length <= DEFAULT_REQUEST_LIMITS.maxStops,
    "stop",
    `\`stop\` must be a text or a list of up to ${DEFAULT_REQUEST_LIMITS.maxStops}, none of them empty`,
  );
  const bias = body["logit_bias"] ?? {};
  check.expect(
    isObject(bias) &&
      Object.entries(bias).every(
        ([id, value]) =>
          /^\d+$/.test(id) && typeof value === "number" && value >= -100 && value <= 100,
      ),
    "logit_bias",
    "`logit_bias` must map token ids to numbers from -100 to 100",
  );
}

function checkTools(
  body: Readonly<Record<string, unknown>>,
  check: Checker,
  limits: RequestLimits,
): void {
  const tools = body["tools"] ?? [];
  if (
    !check.expect(
      Array.isArray(tools) && tools.length <= limits.maxTools,
      "tools",
      `\`tools\` must be a list of up to ${limits.maxTools}`,
    )
  )
    return;
  const list: unknown[] = Array.isArray(tools) ? tools : [];
  const names = list.map((tool, index) => {
    const inner = isObject(tool) && tool["type"] === "function" ? tool["function"] : undefined;
    const name = stringField(inner, "name");
    const at = `tools[${index}]`;
    check.expect(name !== undefined, at, `${at} must be a function with a name`);
    const parameters = isObject(inner) ? inner["parameters"] : undefined;
    check.expect(
      parameters === undefined || parameters === null || isSchema(parameters),
      `${at}.function.parameters`,
      SCHEMA_TEXT,
    );
    return name;
  });
  const choice = body["tool_choice"] ?? "auto";
  const named = isObject(choice) ? stringField(choice["function"], "name") : undefined;
  const known =
    typeof choice === "string"
      ? ["none", "auto", "required"].includes(choice)
      : named !== undefined && names.includes(named);
  check.expect(known, "tool_choice", "`tool_choice` must be none, auto, required or a given tool");
  check.expect(
    choice !== "required" || list.length > 0,
    "tool_choice",
    "`tool_choice` is required, but there are no `tools`",
  );
}

const SCHEMA_TEXT = `a JSON Schema, at most ${MAX_SCHEMA_DEPTH} levels deep, is missing here`;

function isSchema(value: unknown): boolean {
  return isObject(value) && nestsWithin(value, MAX_SCHEMA_DEPTH);
}

function checkFormat(format: unknown, check: Checker): void {
  if (format === undefined || format === null) return;
  const type = stringField(format, "type");
  const known = type === "text" || type === "json_object" || type === "json_schema";
  check.expect(
    known,
    "response_format.type",
    "`response_format.type` must be text, json_object or json_schema",
  );
  if (type !== "json_schema" || !isObject(format)) return;
  const inner = format["json_schema"];
  check.expect(
    isObject(inner) && isSchema(inner["schema"]),
    "response_format.json_schema.schema",
    SCHEMA_TEXT,
  );
}

function checkReasoning(body: Readonly<Record<string, unknown>>, check: Checker): void {
  const nested = body["reasoning"] ?? {};
  check.expect(isObject(nested), "reasoning", "`reasoning` must be an object");
  for (const [param, effort] of [
    ["reasoning_effort", body["reasoning_effort"]],
    ["reasoning.effort", isObject(nested) ? nested["effort"] : undefined],
  ] as const) {
    check.expect(
      effort === undefined ||
        effort === null ||
        (typeof effort === "string" && EFFORTS.includes(effort)),
      param,
      `\`${param}\` must be one of ${EFFORTS.join(", ")}`,
    );
  }
  check.number(body, "thinking_budget", { least: 0, integer: true });
}

function checkContinuation(body: Readonly<Record<string, unknown>>, check: Checker): void {
  if (body["continue_final_message"] !== true) return;
  const messages = body["messages"];
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  check.expect(
    stringField(last, "role") === "assistant",
    "continue_final_message",
    "`continue_final_message` needs an assistant message at the end",
  );
  const calls: unknown = isObject(last) ? (last["tool_calls"] ?? []) : [];
  check.expect(
    Array.isArray(calls) && calls.length === 0,
    "continue_final_message",
    "a message that ends in tool calls cannot be continued",
    "unsupported_combination",
  );
  check.expect(
    body["add_generation_prompt"] !== true,
    "add_generation_prompt",
    "`add_generation_prompt` and `continue_final_message` exclude each other",
    "unsupported_combination",
  );
}
