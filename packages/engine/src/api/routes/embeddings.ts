import { QwqError } from "@qwq-fit/schema";
import type { Engine } from "../../engine.ts";
import type { AnswerContext } from "../chat/answer-chat.ts";
import { fieldError } from "../http-error.ts";

/** Answers `POST /v1/embeddings`. */
export async function answerEmbeddings(body: unknown, context: AnswerContext): Promise<Response> {
  const { options, signal, metrics } = context;
  const fields = typeof body === "object" && body !== null ? body : {};
  const input: unknown = Reflect.get(fields, "input");
  const format: unknown = Reflect.get(fields, "encoding_format") ?? "float";
  const dimensions: unknown = Reflect.get(fields, "dimensions") ?? null;
  if (format !== "float" && format !== "base64") {
    throw fieldError(
      "invalid_value",
      "encoding_format",
      "`encoding_format` must be float or base64",
    );
  }
  if (dimensions !== null) {
    throw fieldError("unsupported_combination", "dimensions", "`dimensions` cannot be chosen here");
  }
  const inputs = inputsOf(input);
  if (inputs === null || inputs.length > options.limits.embeddingInputs) {
    throw fieldError(
      "invalid_request",
      "input",
      `\`input\` must be text, tokens, or a list of up to ${options.limits.embeddingInputs} of them`,
    );
  }
  const lease = await options.host.acquire(signal);
  try {
    const { engine } = lease;
    if (!engine.info.capabilities.embeddings) {
      throw new QwqError("unsupported_combination", "this engine makes no embeddings", {
        details: { param: "model" },
      });
    }
    const texts = await Promise.all(inputs.map((one) => textOf(one, engine)));
    const { vectors, promptTokens } = await engine.embed(texts, signal);
    const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
    metrics.usage({ ...usage, completion_tokens: 0 });
    return Response.json({
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: format === "base64" ? base64Of(vector) : vector,
      })),
      model: options.model.id,
      usage,
    });
  } finally {
    lease.release();
  }
}

type Input = string | readonly number[];

function inputsOf(input: unknown): readonly Input[] | null {
  if (typeof input === "string") return input === "" ? null : [input];
  if (!Array.isArray(input) || input.length === 0) return null;
  const list: unknown[] = input;
  if (list.every((one) => typeof one === "number")) return [list];
  const inputs = list.map((one) => (isInput(one) ? one : null)).filter((one) => one !== null);
  return inputs.length === list.length ? inputs : null;
}

function isInput(value: unknown): value is Input {
  if (typeof value === "string") return value !== "";
  return Array.isArray(value) && value.every((one) => Number.isInteger(one)) && value.length > 0;
}

async function textOf(input: Input, engine: Engine): Promise<string> {
  return typeof input === "string" ? input : await engine.detokenize(input);
}

/** Little-endian 32-bit floats, as OpenAI's clients read them. */
function base64Of(vector: readonly number[]): string {
  const buffer = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) buffer.writeFloatLE(value, index * 4);
  return buffer.toString("base64");
}
