import { checkSampling, createChecker, isObject } from "@qwq-fit/wire";
import type { Checked } from "@qwq-fit/wire";
import type { SamplingFields } from "../chat/sampling.ts";

/** A prompt as text, or as tokens. */
export type CompletionPrompt = string | readonly number[];

/** Body of `POST /v1/completions`, read. */
export interface CompletionRequest extends SamplingFields {
  readonly prompts: readonly CompletionPrompt[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly echo: boolean;
  readonly choices: number;
  /** Null: what the context leaves. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  /** How many alternatives, or null for none at all. */
  readonly logprobs: number | null;
}

/** OpenAI's default for `max_tokens` of text completions. */
const DEFAULT_MAX_TOKENS = 16;
const MAX_PROMPTS = 64;

/** Reads a text completion request: the request, or every problem with its path. */
export function readCompletionRequest(body: unknown): Checked<CompletionRequest> {
  const check = createChecker();
  const fields = isObject(body) ? body : {};
  check.expect(isObject(body), "", "the body must be a JSON object", "invalid_request");
  checkSampling(body, check);
  const prompts = promptsOf(fields["prompt"]);
  const valid = prompts !== null && prompts.length > 0 && prompts.length <= MAX_PROMPTS;
  check.expect(
    valid,
    "prompt",
    `\`prompt\` must be text, tokens, or a list of up to ${MAX_PROMPTS} of them`,
    "invalid_request",
  );
  for (const name of ["suffix", "best_of"]) {
    const given = fields[name] ?? null;
    const absent = given === null || (name === "best_of" && given === (fields["n"] ?? 1));
    check.expect(absent, name, `\`${name}\` is not offered here`, "unsupported_combination");
  }
  check.number(body, "n", { least: 1, most: 16, integer: true });
  check.number(body, "logprobs", { least: 0, most: 20, integer: true });
  for (const name of ["stream", "echo"]) check.boolean(body, name);
  if (check.problems.length > 0) return { ok: false, problems: check.problems };
  const stop = fields["stop"] ?? [];
  const options = fields["stream_options"];
  const number = (name: string): number | null => {
    const value = fields[name];
    return typeof value === "number" ? value : null;
  };
  return {
    ok: true,
    value: {
      ...fields,
      prompts: prompts ?? [],
      stream: fields["stream"] === true,
      includeUsage: isObject(options) && options["include_usage"] === true,
      echo: fields["echo"] === true,
      choices: number("n") ?? 1,
      maxTokens: number("max_tokens") ?? DEFAULT_MAX_TOKENS,
      stop: (Array.isArray(stop) ? stop : [stop]).map(String),
      logprobs: number("logprobs"),
    },
  };
}

function promptsOf(prompt: unknown): readonly CompletionPrompt[] | null {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt)) return null;
  if (isTokens(prompt) && prompt.length > 0) return [prompt];
  const list = prompt.map((one: unknown) =>
    typeof one === "string" || isTokens(one) ? one : null,
  );
  return list.includes(null) ? null : list.filter((one) => one !== null);
}

function isTokens(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every((one: unknown) => Number.isInteger(one) && Number(one) >= 0)
  );
}
