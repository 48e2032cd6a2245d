import { relay, type RelayAnswer, type RelayCall, type RelayMode } from "@qwq-fit/relay";
import { describeRequest, selectNode } from "@qwq-fit/routing";
import { createRunScanner } from "@qwq-fit/wire";
import type { Policy, PrivacyClass, Receipt, RequestShape, RouteDecision } from "@qwq-fit/schema";
import type { Caller } from "../guard/caller.ts";
import { HttpRefusal } from "./http-error.ts";
import type { RouterContext } from "./context.ts";

const OBJECTIVES = ["fastest", "cheapest", "balanced", "prefer-local", "prefer-cloud"] as const;
const PRIVACY: readonly PrivacyClass[] = ["device", "own-network", "region", "any"];
const MODES: readonly RelayMode[] = ["error", "continue", "hold"];

/** What one request asks of routing, by headers; a caller can narrow its privacy, never widen it. */
export interface Wishes {
  readonly policy: Policy;
  readonly mode: RelayMode;
  /**
   * "normalized": thought under one pair of names, however the node sends it; "thought-first": the same for a
   * node whose text begins inside a thought, without its opening tag.
   */
  readonly reasoning: "as-sent" | "normalized" | "thought-first";
}

/** Reads `x-qwq-objective`, `x-qwq-privacy`, `x-qwq-mode`, `x-qwq-hedge`, `x-qwq-deadline-ms`, `x-qwq-reasoning`. */
export function readWishes(headers: Headers, context: RouterContext, caller: Caller): Wishes {
  const { config } = context;
  const pick = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
    const text = headers.get(name);
    if (text === null) return fallback;
    const known = allowed.find((one) => one === text);
    if (known !== undefined) return known;
    throw new HttpRefusal("invalid_value", `must be one of ${allowed.join(", ")}`, { param: name });
  };
  const narrowest = (classes: readonly PrivacyClass[]): PrivacyClass =>
    PRIVACY[Math.min(...classes.map((one) => PRIVACY.indexOf(one)))] ?? "device";
  const wished = pick("x-qwq-privacy", PRIVACY, config.policy.privacy);
  const deadline = headers.get("x-qwq-deadline-ms");
  const deadlineMs = deadline === null ? config.policy.limits.deadlineMs : Number(deadline);
  if (deadlineMs !== null && !(deadlineMs > 0 && deadlineMs < 1e9)) {
    throw new HttpRefusal("invalid_value", "must be a number of ms", {
      param: "x-qwq-deadline-ms",
    });
  }
  return {
    mode: pick("x-qwq-mode", MODES, config.mode),
    reasoning: pick(
      "x-qwq-reasoning",
      ["as-sent", "normalized", "thought-first"],
      config.normalizeReasoning ? "normalized" : "as-sent",
    ),
    policy: {
      ...config.policy,
      objective: pick("x-qwq-objective", OBJECTIVES, config.policy.objective),
      privacy: narrowest([config.policy.privacy, caller.privacy, wished]),
      limits: { ...config.policy.limits, deadlineMs },
      hedge: pick("x-qwq-hedge", ["on", "off"], config.policy.hedge ? "on" : "off") === "on",
    },
  };
}

/** A request as routing sees it, and where it may go. */
export interface Decided {
  readonly shape: RequestShape;
  readonly decision: RouteDecision;
}

/** The decision for a request, and its shape. Runs nothing. */
export function decide(
  body: Readonly<Record<string, unknown>>,
  api: RequestShape["api"],
  policy: Policy,
  context: RouterContext,
  details = false,
): Decided {
  const shape = describeRequest(body, api);
  const { config, fleet, ports } = context;
  const options = details
    ? { ranked: 1000, rejected: 1000 }
    : { ranked: Math.max(8, config.limits.attempts), rejected: 4, spread: ports.random() };
  return { shape, decision: selectNode(shape, fleet.snapshots(shape.model), policy, options) };
}

/** Why nothing can serve the request, as HTTP tells it. */
function refusalOf(
  decision: RouteDecision & { readonly kind: "reject" },
  model: string,
): HttpRefusal {
  const { reason, retryAfterMs } = decision;
  const headers: Record<string, string> =
    retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  switch (reason) {
    case "model_not_served":
      return new HttpRefusal("unknown_model", `no node serves the model ${JSON.stringify(model)}`, {
        param: "model",
      });
    case "context_too_long":
      return new HttpRefusal(
        "context_too_long",
        "the prompt and the answer do not fit any node's context",
        {
          param: "messages",
        },
      );
    case "privacy":
    case "region":
      return new HttpRefusal(
        "privacy_denied",
        "no node of the allowed privacy class serves this model",
      );
    case "capability":
      return new HttpRefusal("unsupported_combination", "no node can do what the request needs");
    case "saturated":
      return new HttpRefusal("saturated", "all nodes are busy", { headers });
    case "loading":
    case "breaker_open":
    case "down":
    case "no_nodes":
      return new HttpRefusal("no_node_available", "no node is ready", { headers });
    case "too_expensive":
    case "too_slow":
    case "deadline":
      return new HttpRefusal("no_node_available", `no node keeps the policy's limits (${reason})`, {
        headers,
      });
  }
}

/** Carries a decided request; the receipt's learning goes back to the fleet. */
export async function carry(
  body: Readonly<Record<string, unknown>>,
  api: RelayCall["api"],
  wishes: Wishes,
  { shape, decision }: Decided,
  context: RouterContext,
  { signal, headers }: Pick<RelayCall, "signal" | "headers">,
): Promise<RelayAnswer> {
  const { config, fleet, ports, retries } = context;
  if (decision.kind === "reject") throw refusalOf(decision, shape.model);
  retries.request();
  const call: RelayCall = {
    api,
    body,
    headers,
    shape,
    ranked: decision.ranked,
    nodes: fleet.nodes(),
    policy: wishes.policy,
    mode: wishes.mode,
    limits: config.limits,
    signal,
  };
  const answer = await relay(call, {
    transport: (name) => fleet.transport(name),
    now: ports.monotonic,
    epoch: ports.now,
    timer: ports.timer,
    // A continuation is made from each event: there every one is parsed.
    scanner: wishes.mode === "continue" ? undefined : createRunScanner,
    id: ports.id,
    mayRetry: () => retries.take(),
    onStart: (name) => fleet.started(name),
    onEnd: (report) => fleet.ended(report),
  });
  void answer.receipt.then((receipt) => {
    if (servedWhole(receipt)) fleet.remember(receipt.node, shape.prefixKeys, shape.promptTokens);
  });
  return answer;
}

/** Whether the last try served. */
export function servedWhole(receipt: Receipt): boolean {
  return receipt.attempts.at(-1)?.outcome === "served";
}
