import type {
  NodeCapabilities,
  NodeModel,
  NodePerformance,
  Policy,
  PrivacyClass,
  ServingNode,
} from "@qwq-fit/schema";
import type { RelayLimits, RelayMode } from "@qwq-fit/relay";
import type { SageMakerInput } from "@qwq-fit/sagemaker";
import type { AnswersConfig } from "../answers/answers-config.ts";
import type { CallerLimits } from "../ports.ts";
import type { SessionsConfig } from "../sessions/sessions-config.ts";

/** How a node is asked whether it serves. `none`: it is tried, not asked. */
export type ProbeKind =
  | "qwq-fit"
  | "llama-server"
  | "vllm"
  | "sglang"
  | "ollama"
  | "lm-studio"
  | "openai"
  | "none";

/** One node as configured. */
export interface NodeConfig {
  readonly name: string;
  readonly engine: ServingNode["engine"];
  /** Ends before `/chat/completions`; no user, no query. */
  readonly url: string;
  /** Name of the secret that is its key; null for none. */
  readonly keySecret: string | null;
  readonly privacy: PrivacyClass;
  readonly region: string | null;
  readonly models: readonly NodeModel[];
  readonly slots: number;
  readonly capabilities: NodeCapabilities;
  readonly performance: readonly NodePerformance[];
  readonly probe: ProbeKind;
  /** Model name that the node wants, where it is not the one that callers use. */
  readonly upstreamModel: string | null;
  /** What the engine's own transport calls the node, e.g. a SageMaker endpoint's name; null where a URL tells all. */
  readonly endpoint: string | null;
  /** The endpoint of a node of the engine "sagemaker"; null for others. */
  readonly sagemaker: SageMakerInput | null;
}

/** A caller's key: its form is `qf_<id>_<secret>`, and only a peppered hash of the secret is kept. */
export interface KeyConfig {
  readonly id: string;
  /** Hex of HMAC-SHA256(pepper, secret); two while a key is being changed. */
  readonly hashes: readonly string[];
  readonly caller: string;
  readonly scopes: readonly ("inference" | "admin" | "metrics")[];
  /** Models that it may use; null for all. */
  readonly models: readonly string[] | null;
  /** Epoch ms, or null. */
  readonly expiresMs: number | null;
  readonly limits: CallerLimits;
  /** A policy that the caller cannot widen. */
  readonly privacy: PrivacyClass;
}

/** The router's whole configuration, validated. */
export interface RouterConfig {
  readonly nodes: readonly NodeConfig[];
  readonly keys: readonly KeyConfig[];
  /** Name of the secret with which keys are hashed. */
  readonly pepperSecret: string;
  readonly policy: Policy;
  readonly mode: RelayMode;
  readonly limits: RelayLimits;
  readonly corsOrigins: readonly string[];
  readonly maxBodyBytes: number;
  /** Machines may join by themselves, each with a one-time code of an administrator. */
  readonly join: boolean;
  /** Serves everybody, for trying out on one machine. */
  readonly insecureDev: boolean;
  readonly probeEveryMs: number;
  /** Whether each request is logged. */
  readonly logRequests: boolean;
  /** Faults in a row after which a node is left alone for a while. */
  readonly breakerFailures: number;
  /** Retries that each request earns, on average. */
  readonly retryShare: number;
  /** Whether thinking is sent under one pair of names; null: as the node sent it. */
  readonly normalizeReasoning: boolean;
  /** How answers that outlive their connection are kept. */
  readonly answers: AnswersConfig;
  /** How devices log in without a key; null where they do not. */
  readonly sessions: SessionsConfig | null;
}
