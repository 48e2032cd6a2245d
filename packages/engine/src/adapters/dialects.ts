import type { EngineName } from "@qwq-fit/schema";
import type { EngineCapabilities } from "../engine.ts";

/** An engine that speaks OpenAI's API, and what it can be asked for beyond that. */
export interface Dialect {
  readonly engine: EngineName;
  readonly capabilities: EngineCapabilities;
  /** Question that answers with the version, and the field that holds it. */
  readonly version: { readonly path: string; readonly field: string } | null;
  /** Sampling settings beyond OpenAI's, by our name, in the engine's words. */
  readonly extra: Readonly<Partial<Record<"topK" | "minP" | "repeatPenalty", string>>>;
  /** An assistant message at the end is gone on with by these fields. */
  readonly continuation: Readonly<Record<string, unknown>> | null;
  readonly ignoreEnd: string | null;
  /** How it is told to think more, less or not: by the template's variables, by OpenAI's `reasoning_effort`, or not at all. */
  readonly thought: "variables" | "effort" | null;
}

const NOTHING: EngineCapabilities = {
  tokens: false,
  rawPrompt: false,
  template: false,
  separatesChat: true,
  gbnf: false,
  jsonSchema: false,
  logprobs: false,
  logitBias: false,
  embeddings: false,
  reasoningBudget: false,
  continuation: false,
  progress: false,
  cachedTokens: false,
};

/** What the engines' documentation says of their OpenAI APIs; a capability that it does not name is not assumed. */
export const DIALECTS: Readonly<Partial<Record<EngineName, Dialect>>> = {
  // docs.ollama.com/api/openai-compatibility
  ollama: {
    engine: "ollama",
    capabilities: { ...NOTHING, jsonSchema: true, embeddings: true },
    version: { path: "/api/version", field: "version" },
    extra: {},
    continuation: null,
    ignoreEnd: null,
    thought: "effort",
  },
  // lmstudio.ai/docs/developer/openai-compat
  "lm-studio": {
    engine: "lm-studio",
    capabilities: {
      ...NOTHING,
      rawPrompt: true,
      jsonSchema: true,
      logitBias: true,
      embeddings: true,
    },
    version: null,
    extra: { topK: "top_k", repeatPenalty: "repeat_penalty" },
    continuation: null,
    ignoreEnd: null,
    thought: null,
  },
  // docs.vllm.ai/en/latest/serving/openai_compatible_server.html
  vllm: {
    engine: "vllm",
    capabilities: {
      ...NOTHING,
      tokens: true,
      rawPrompt: true,
      jsonSchema: true,
      logprobs: true,
      logitBias: true,
      continuation: true,
      cachedTokens: true,
    },
    version: { path: "/version", field: "version" },
    extra: { topK: "top_k", minP: "min_p", repeatPenalty: "repetition_penalty" },
    continuation: { add_generation_prompt: false, continue_final_message: true },
    ignoreEnd: "ignore_eos",
    thought: "variables",
  },
  // github.com/ml-explore/mlx-lm mlx_lm/SERVER.md
  mlx: {
    engine: "mlx",
    capabilities: { ...NOTHING, rawPrompt: true, logitBias: true },
    version: null,
    extra: { topK: "top_k", minP: "min_p", repeatPenalty: "repetition_penalty" },
    continuation: null,
    ignoreEnd: null,
    thought: null,
  },
};
