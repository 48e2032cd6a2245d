import type { RelayLimits, RelayMode } from "@qwq-fit/relay";
import type { NodeSnapshot, Policy, Receipt } from "@qwq-fit/schema";
import type { LocalEngine } from "./local-engine.ts";
import type { Secret, Target } from "./target.ts";

/** A policy of which only what matters is given. */
export interface PolicyInput extends Partial<Omit<Policy, "limits">> {
  readonly limits?: Partial<Policy["limits"]>;
}

/** What is told of each request as it happens. No text of prompts or answers. */
export interface ClientHooks {
  readonly onDecision?: (decision: {
    readonly model: string;
    readonly ranked: readonly string[];
  }) => void;
  readonly onReceipt?: (receipt: Receipt) => void;
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
  readonly hooks?: ClientHooks;
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
}
