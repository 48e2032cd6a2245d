import type { Policy, RequestShape, RouteDecision } from "@qwq-fit/schema";
import {
  type LanguageModelV3,
  type LanguageModelV4,
  createLanguageModel,
  createLanguageModelV3,
} from "./ai-sdk/language-model.ts";
import { type ChatCompletions, type ChatInput, createChatCompletions } from "./chat/chat.ts";
import { type Core, createCore } from "./core/core.ts";
import type { TokenCount } from "./core/count-tokens.ts";
import type { LocalStatus, PrepareProgress } from "./core/local-engine.ts";
import type { CallOptions, ClientOptions } from "./core/options.ts";

/** The candidates for a request and why each lost; nothing was run. */
export interface RouteExplanation {
  readonly shape: RequestShape;
  readonly policy: Policy;
  readonly decision: RouteDecision;
}

/** One chat API over everything that can answer. */
export interface Client {
  readonly chat: { readonly completions: ChatCompletions };
  readonly embeddings: {
    create(request: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<unknown>;
  };
  /** For `new OpenAI({ baseURL: ai.baseURL, fetch: ai.fetch, apiKey: "-" })`. */
  readonly baseURL: string;
  readonly fetch: typeof fetch;
  /** A model for the AI SDK 7. */
  languageModel(options?: CallOptions): LanguageModelV4;
  /** A model for the AI SDK 6. */
  languageModelV3(options?: CallOptions): LanguageModelV3;
  explain(request: ChatInput, options?: CallOptions): RouteExplanation;
  /** Tokens of a prompt, counted by an engine on this device or network where one can, else estimated. */
  countTokens(request: ChatInput, options?: CallOptions): Promise<TokenCount>;
  /** What the local engine would run here. */
  plan(): Promise<unknown>;
  /** Downloads and loads the local model; answers come from elsewhere until it is ready. */
  prepare(options?: {
    readonly onProgress?: (progress: PrepareProgress) => void;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  status(): LocalStatus;
}

/** The address that goes with a client's `fetch`; nothing is ever sent to it. */
const CLIENT_BASE_URL = "http://qwq-fit.invalid/v1";

const NO_LOCAL: LocalStatus = {
  state: "unavailable",
  progress: null,
  reason: "no local engine",
};

/** A client over the targets of `options`. Nothing is sent before the first request. */
export function createClient(options: ClientOptions): Client {
  const { local, tracer } = options;
  const bare = createCore(options);
  const core: Core =
    tracer === undefined
      ? bare
      : {
          ...bare,
          send: async (...given) =>
            (await import("./core/trace.ts")).sendTraced(bare, tracer, ...given),
        };
  return {
    chat: { completions: createChatCompletions(core) },
    embeddings: {
      create: async (request, call = {}) => {
        const { body } = await core.send("embeddings", request, call);
        const value: unknown = typeof body === "string" ? JSON.parse(body) : null;
        return value;
      },
    },
    baseURL: CLIENT_BASE_URL,
    fetch: async (input, init) =>
      (await import("./core/openai-fetch.ts")).answerOpenAi(core, input, init),
    languageModel: (call = {}) => createLanguageModel(core, call),
    languageModelV3: (call = {}) => createLanguageModelV3(core, call),
    explain: (request, call = {}) => core.decide("chat", { ...request }, call, 100),
    countTokens: async (request, call = {}) =>
      (await import("./core/count-tokens.ts")).countTokens(core, request, call),
    plan: async () => (local === undefined ? null : local.plan()),
    prepare: async (wishes = {}) => {
      await local?.prepare(wishes);
    },
    status: () => local?.status() ?? NO_LOCAL,
  };
}
