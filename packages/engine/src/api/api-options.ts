import type { FitPlan, NodePerformance, PrivacyClass } from "@qwq-fit/schema";
import type { ResponsesDialect } from "@qwq-fit/wire";
import type { EngineHost } from "./engine-host.ts";
import type { ServedModel } from "./served-model.ts";

/** One request as it is logged: never any text of a prompt or an answer. */
export interface RequestLog {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** One of our codes, where it failed. */
  readonly errorCode: string | null;
}

export interface ApiLimits {
  /** Largest body in bytes. */
  readonly bodyBytes: number;
  /** Longest prompt in tokens, beside what the context holds; null: only the context. */
  readonly promptTokens: number | null;
  /** Most inputs of one embeddings request (OpenAI takes 2048). */
  readonly embeddingInputs: number;
}

export const DEFAULT_API_LIMITS: ApiLimits = {
  // A context of a million tokens in English is about 4 MB of text.
  bodyBytes: 8 * 1024 * 1024,
  promptTokens: null,
  embeddingInputs: 2048,
};

/** What a server's API stands on. */
export interface ApiOptions {
  readonly host: EngineHost;
  readonly model: ServedModel;
  readonly node: {
    readonly name: string;
    readonly privacy: PrivacyClass;
    /** Slots and context that are told before the engine is loaded. */
    readonly slots: number;
    readonly contextTokens: number | null;
    readonly performance: readonly NodePerformance[];
    readonly plan: FitPlan | null;
  };
  readonly baseUrl: () => string;
  /** True: bound to loopback, so Host and Origin are checked. */
  readonly loopback: boolean;
  /** Keys that inference asks for; none: no key needed. */
  readonly apiKeys: readonly string[];
  /** For management, and the server's proof of who it is. */
  readonly token: string;
  /** Origins of web pages that may call, as `https://app.example`. */
  readonly corsOrigins: readonly string[];
  readonly limits: ApiLimits;
  /** Names of the events of thought at `/v1/responses`: OpenAI's client and the Open Responses schema differ. */
  readonly responsesDialect: ResponsesDialect;
  /** A stream without data sends a comment this often. */
  readonly pingMs: number;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: (entry: RequestLog) => void;
  /** Asked to stop by a caller who has the token. */
  readonly onStop: () => void;
}
