import type { RelayLimits, RelayMode } from "@qwq-fit/relay";
import type { NodeSnapshot, Policy, Receipt } from "@qwq-fit/schema";
import type { LocalEngine } from "./local-engine.ts";
import type { ReasoningMode } from "./one-reasoning.ts";
import type { Secret, Target } from "./target.ts";
import type { Tracer } from "./tracer.ts";

/** A policy of which only what matters is given. */
export interface PolicyInput extends Partial<Omit<Policy, "limits">> {
  readonly limits?: Partial<Policy["limits"]>;
}

/** What is told of each request as it happens. No text of prompts or answers. What a hook throws is dropped. */
export interface ClientHooks {
  readonly onDecision?: (decision: {
    readonly model: string;
    readonly ranked: readonly string[];
  }) => void;
  /** When an answer has ended, however it ended; each repeat has its own. */
  readonly onReceipt?: (receipt: Receipt) => void;
  /** A `ClientError` before the first token, when all retries are used. */
  readonly onError?: (error: unknown) => void;
}

/** Options of `createClient`. */
export interface ClientOptions {
  readonly model: string;
  readonly policy?: PolicyInput;
  readonly mode?: RelayMode;
  /** The engine on this device; the umbrella package hands it in. */
  readonly local?: LocalEngine;
  /** Own nodes and other places. */
  readonly targets?: readonly Target[];
  /** An edge router, or any OpenAI-compatible cloud. */
  readonly cloud?: {
    /** The router's address, with or without `/v1`. */
    readonly edge?: string;
    /** A cloud's base URL, ending before `/chat/completions`. */
    readonly baseURL?: string;
    readonly apiKey?: Secret;
    /** The model's name there, where it differs. */
    readonly model?: string;
    readonly inputUsdPerMillionTokens?: number;
    readonly outputUsdPerMillionTokens?: number;
  };
  readonly limits?: Partial<RelayLimits>;
  /**
   * Where thought stands in answers. "normalized": in `reasoning_content`, whatever the target sent; "thought-first":
   * the same, for a target whose text begins inside a thought without its opening tag; "as-sent": untouched.
   * @default "normalized"
   */
  readonly reasoning?: ReasoningMode;
  /**
   * How often a request is repeated when every target said when to come back (Retry-After); each wait keeps within
   * `policy.limits.deadlineMs`, and none is longer than a minute. `fetch` and the AI SDK's models do not wait: who
   * uses them retries by itself. @default 2
   */
  readonly maxRetries?: number;
  readonly hooks?: ClientHooks;
  /** An OpenTelemetry tracer: each request becomes a span, by the conventions for generative AI. */
  readonly tracer?: Tracer;
  /** Battery and network of this device, asked before each decision. */
  readonly power?: () => NodeSnapshot["power"];
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch;
  /** Monotonic ms. @default performance.now, or Date.now where there is none */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** What may differ from call to call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly policy?: PolicyInput | undefined;
  readonly mode?: RelayMode | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly maxRetries?: number | undefined;
  readonly reasoning?: ReasoningMode | undefined;
  /**
   * Sent as `Idempotency-Key` with each try, so that a target that knows the header answers a repeat without running
   * it again.
   */
  readonly idempotencyKey?: string | undefined;
}
