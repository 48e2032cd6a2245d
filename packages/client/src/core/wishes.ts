import type { RelayMode } from "@qwq-fit/relay";
import type { Policy } from "@qwq-fit/schema";
import type { Core } from "./core.ts";
import type { CallOptions } from "./options.ts";
import { Refusal } from "./dialects.ts";

const OBJECTIVES: readonly Policy["objective"][] = [
  "fastest",
  "cheapest",
  "balanced",
  "prefer-local",
  "prefer-cloud",
];
const PRIVACY: readonly Policy["privacy"][] = ["device", "own-network", "region", "any"];
const REASONING = ["normalized", "as-sent", "thought-first"] as const;
const MODES: readonly RelayMode[] = ["error", "continue", "hold"];

/**
 * What a request through `fetch` asks of routing, by the headers that the router reads too: `x-qwq-objective`,
 * `x-qwq-privacy`, `x-qwq-mode`, `x-qwq-hedge`, `x-qwq-deadline-ms`, `x-qwq-reasoning`; and its `idempotency-key`. Privacy can be made
 * narrower than the client's policy, never wider. Who calls by `fetch` retries by itself.
 * @throws Refusal for a value that does not exist: a wish for privacy must not be lost
 */
export function wishesOf(headers: Headers, core: Core): CallOptions {
  const pick = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const text = headers.get(name);
    if (text === null) return undefined;
    const known = allowed.find((one) => one === text);
    if (known !== undefined) return known;
    throw new Refusal("invalid_value", `must be one of ${allowed.join(", ")}`, name);
  };
  const objective = pick("x-qwq-objective", OBJECTIVES);
  const privacy = pick("x-qwq-privacy", PRIVACY);
  const allowed = PRIVACY.indexOf(core.decide("chat", {}, {}).policy.privacy);
  const hedge = pick("x-qwq-hedge", ["on", "off"]);
  const deadline = headers.get("x-qwq-deadline-ms");
  const deadlineMs = Number(deadline);
  if (deadline !== null && !(deadlineMs > 0)) {
    throw new Refusal("invalid_value", "must be a number of ms", "x-qwq-deadline-ms");
  }
  return {
    maxRetries: 0,
    mode: pick("x-qwq-mode", MODES),
    reasoning: pick("x-qwq-reasoning", REASONING),
    idempotencyKey: headers.get("idempotency-key") ?? undefined,
    policy: {
      ...(objective === undefined ? {} : { objective }),
      ...(privacy === undefined || PRIVACY.indexOf(privacy) > allowed ? {} : { privacy }),
      ...(hedge === undefined ? {} : { hedge: hedge === "on" }),
      ...(deadline === null ? {} : { limits: { deadlineMs } }),
    },
  };
}
