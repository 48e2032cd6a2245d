import type { AwsCredentials } from "./credentials/credentials.ts";

/** Everything from outside that a SageMaker transport needs. */
export interface SageMakerPorts {
  readonly fetch: typeof fetch;
  /** Epoch ms. */
  readonly now: () => number;
  /** Calls `run` after `ms`; returns what cancels it. */
  readonly timer: (ms: number, run: () => void) => () => void;
  /** The value of a secret by its name. */
  readonly secret: (name: string) => string | undefined;
  /** Unique ids. */
  readonly id: () => string;
  /** The default chain, where the runtime has one. */
  readonly defaultCredentials?: (() => Promise<AwsCredentials>) | undefined;
}

/** An HTTP request without its host; a relay's `UpstreamRequest`. */
export interface SageMakerRequest {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A relay's `Transport`: any HTTP status is an answer, a network fault rejects. */
export type SageMakerTransport = (request: SageMakerRequest) => Promise<Response>;
