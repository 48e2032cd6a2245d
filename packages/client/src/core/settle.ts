import { type FramedAnswer, type RelayPorts, tellFailure } from "@qwq-fit/relay";
import type { ErrorCode, Policy } from "@qwq-fit/schema";
import { statusOf } from "@qwq-fit/wire";
import type { Rejection } from "./core.ts";
import { ClientError, clientError } from "./errors.ts";
import { oneReasoning, type ReasoningMode } from "./one-reasoning.ts";

/** Longest wait that is kept, ms: as long as OpenAI's own client waits (openai-node, client.ts, retryRequest). */
const LONGEST_MS = 60_000;
/** Waits are stretched by up to this share, so that all who were sent away do not come back at once. */
const JITTER = 0.1;

/** What is needed to ask again. */
export interface Retrying {
  /** Repeats that are left. */
  readonly left: number;
  readonly policy: Policy;
  /** Since the caller asked. */
  readonly elapsedMs: () => number;
  readonly timer: RelayPorts["timer"];
  readonly random: () => number;
  readonly signal: AbortSignal | undefined;
  /** The last status that each target answered with. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly again: (deadlineMs: number | null) => Promise<FramedAnswer | Rejection>;
  readonly onError: (error: unknown) => void;
  readonly reasoning: ReasoningMode | undefined;
  /** The answer's frames will be written as bytes. */
  readonly asBytes: boolean;
}

/**
 * The answer as its reader is promised it. Where there is none, waits as long as the targets say (Retry-After) and
 * asks again; a wait that the deadline does not allow is not begun.
 * @throws ClientError the last failure, or `aborted`
 */
export async function settle(
  first: FramedAnswer | Rejection,
  retrying: Retrying,
): Promise<FramedAnswer> {
  const answer = await answerOf(first, retrying);
  const { reasoning = "normalized", asBytes } = retrying;
  return reasoning === "as-sent" ? answer : oneReasoning(answer, reasoning, asBytes);
}

async function answerOf(
  first: FramedAnswer | Rejection,
  retrying: Retrying,
): Promise<FramedAnswer> {
  const { policy, elapsedMs, onError } = retrying;
  const { deadlineMs } = policy.limits;
  const leftMs = (): number => (deadlineMs ?? Number.POSITIVE_INFINITY) - elapsedMs();
  let sent = first;
  for (let { left } = retrying; ; left--) {
    if ("node" in sent && sent.failure === null) return sent;
    // One try after the other: that is a retry.
    /* oxlint-disable no-await-in-loop */
    const error = await errorOf(sent, retrying.refusals);
    const { retryAfterMs } = error;
    const waitMs = Math.ceil((retryAfterMs ?? 0) * (1 + JITTER * retrying.random())) + 1;
    if (left <= 0 || retryAfterMs === null || retryAfterMs > LONGEST_MS || waitMs >= leftMs()) {
      onError(error);
      throw error;
    }
    await pause(waitMs, retrying);
    sent = await retrying.again(deadlineMs === null ? null : leftMs());
    /* oxlint-enable no-await-in-loop */
  }
}

/** What a target's refusal means to who configured it. */
const REFUSALS: Readonly<Record<number, ErrorCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "unknown_model",
};

async function errorOf(
  sent: FramedAnswer | Rejection,
  refusals: ReadonlyMap<string, number>,
): Promise<ClientError> {
  if (!("node" in sent)) return rejection(sent);
  const { node: target, failure, receipt } = sent;
  const { code: told = "internal", retryAfterMs = null } = failure ?? {};
  // The relay says nothing of a node's keys and models, no caller's business; here they are the user's own.
  const refused = told === "upstream_error" ? REFUSALS[refusals.get(target) ?? 0] : undefined;
  const code = refused ?? told;
  const facts = { status: statusOf(code), target, retryAfterMs, receipt: await receipt };
  return clientError(code, tellFailure(code), facts);
}

/** Why no target may serve, as an error's code. A denial of privacy never turns into another route. */
const CODE_OF: Partial<Record<string, ErrorCode>> = {
  privacy: "privacy_denied",
  region: "privacy_denied",
  context_too_long: "context_too_long",
  model_not_served: "unknown_model",
  capability: "unsupported_combination",
  saturated: "saturated",
};

function rejection({ reason, retryAfterMs, rejected }: Rejection): ClientError {
  const list = rejected.map((one) => `${one.node}: ${one.reason} (${one.detail})`).join("; ");
  const message = `no target can serve this: ${list || "none is configured"}`;
  const hint = "`explain(request)` tells why.";
  const facts = { status: 0, target: "", retryAfterMs, hint };
  return new ClientError(CODE_OF[reason] ?? "no_node_available", message, facts);
}

function pause(ms: number, { timer, signal }: Retrying): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      cancel();
      reject(clientError("aborted", "aborted", { status: 0, target: "", retryAfterMs: null }));
    };
    const cancel = timer(ms, () => {
      signal?.removeEventListener("abort", end);
      resolve();
    });
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}
