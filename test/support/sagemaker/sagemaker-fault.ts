/** What SageMaker, or the container behind it, does wrong. `at` counts tokens that were sent well before it. */
export type SageMakerFault =
  | { readonly kind: "none" }
  // before a byte of the answer
  | { readonly kind: "cold" }
  | { readonly kind: "not-ready" }
  | { readonly kind: "throttled" }
  | { readonly kind: "unavailable" }
  | { readonly kind: "internal" }
  | { readonly kind: "dependency" }
  | { readonly kind: "validation" }
  | { readonly kind: "no-endpoint" }
  | { readonly kind: "denied" }
  | { readonly kind: "expired-token" }
  | { readonly kind: "model-error"; readonly status: number }
  | { readonly kind: "model-error-unread"; readonly status: number }
  | { readonly kind: "reset-on-request" }
  | { readonly kind: "silence" }
  // in the stream
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "reset"; readonly at: number }
  | { readonly kind: "clean-end"; readonly at: number }
  | { readonly kind: "stall"; readonly at: number }
  | { readonly kind: "container-error"; readonly at: number }
  | { readonly kind: "malformed"; readonly at: number }
  // in the event stream alone
  | { readonly kind: "stream-timeout"; readonly at: number }
  | { readonly kind: "stream-broken"; readonly at: number }
  | { readonly kind: "stream-internal"; readonly at: number }
  | { readonly kind: "stream-unknown"; readonly at: number }
  | { readonly kind: "bad-checksum"; readonly at: number }
  | { readonly kind: "bad-prelude"; readonly at: number }
  | { readonly kind: "huge-frame"; readonly at: number }
  | { readonly kind: "cut-in-length"; readonly at: number };

const EARLY = [
  "none",
  "cold",
  "not-ready",
  "throttled",
  "unavailable",
  "internal",
  "dependency",
  "validation",
  "no-endpoint",
  "denied",
  "expired-token",
  "reset-on-request",
  "silence",
] as const;
const LATE = ["cut", "reset", "clean-end", "stall", "container-error", "malformed"] as const;
const FRAMED = [
  "stream-timeout",
  "stream-broken",
  "stream-internal",
  "stream-unknown",
  "bad-checksum",
  "bad-prelude",
  "huge-frame",
  "cut-in-length",
] as const;
/** Statuses by which containers refuse. */
const STATUSES = [400, 404, 424, 429, 500, 503] as const;

/** Every kind of fault, for tables. */
export const SAGEMAKER_FAULTS: readonly SageMakerFault["kind"][] = [
  ...EARLY,
  "model-error",
  "model-error-unread",
  ...LATE,
  ...FRAMED,
];

/** A fault of this kind, its place drawn. */
export function drawSageMakerFault(
  kind: SageMakerFault["kind"],
  tokens: number,
  random: () => number,
): SageMakerFault {
  const status = STATUSES[Math.floor(random() * STATUSES.length)] ?? 500;
  const at = Math.floor(random() * tokens);
  if (kind === "model-error" || kind === "model-error-unread") return { kind, status };
  const early = EARLY.find((one) => one === kind);
  if (early !== undefined) return { kind: early };
  const late = [...LATE, ...FRAMED].find((one) => one === kind);
  return late === undefined ? { kind: "none" } : { kind: late, at };
}
