/** What an endpoint said: an answer of any status, or that it has no instance yet. */
export type CallResult =
  | { readonly kind: "answer"; readonly response: Response }
  | { readonly kind: "cold" };

/** Sends one chat request to an endpoint, by either transport. Rejects for a network fault. */
export type Call = (
  request: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<CallResult>;
