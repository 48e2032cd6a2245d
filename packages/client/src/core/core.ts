import {
  createRetryBudget,
  DEFAULT_LIMITS,
  type FramedAnswer,
  relayFrames,
  type RelayCall,
  type RelayLimits,
  type RelayPorts,
  type Transport,
  type Voice,
} from "@qwq-fit/relay";
import { createNodeBook, describeRequest, selectNode } from "@qwq-fit/routing";
import {
  DEFAULT_POLICY,
  type Policy,
  type RequestShape,
  type RouteDecision,
} from "@qwq-fit/schema";
import { cloudTarget } from "./cloud-target.ts";
import type { LocalEngine } from "./local-engine.ts";
import type { CallOptions, ClientOptions, PolicyInput } from "./options.ts";
import { servingNodeOf, type Target, transportOf } from "./target.ts";

type Body = Readonly<Record<string, unknown>>;
type Api = RelayCall["api"];

/** Why no target was asked. */
export type Rejection = RouteDecision & { readonly kind: "reject" };

/** Decides and carries; everything of the client stands on it. */
export interface Core {
  readonly model: string;
  /** @throws ClientError where nobody could answer. */
  send(api: Api, body: Body, options: CallOptions, voice?: Voice): Promise<FramedAnswer>;
  /** The decision for a request; runs nothing. */
  decide(api: Api, body: Body, options: CallOptions, ranked?: number): Decided;
  transport(name: string): Transport | undefined;
  readonly clock: Pick<RelayPorts, "now" | "timer">;
}

/** A decision, and what it was made from. */
export interface Decided {
  readonly shape: RequestShape;
  readonly policy: Policy;
  readonly decision: RouteDecision;
}

/** The policy with what is given laid over what stands below. */
export function withPolicy(base: Policy, given: PolicyInput | undefined): Policy {
  return given === undefined
    ? base
    : { ...base, ...given, limits: { ...base.limits, ...given.limits } };
}

/** The core of one client: its targets, and what was learnt of them. */
export function createCore(options: ClientOptions): Core {
  const send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const now =
    options.now ?? (typeof performance === "undefined" ? Date.now : () => performance.now());
  const random = options.random ?? Math.random;
  const book = createNodeBook();
  const retries = createRetryBudget();
  const transports = new Map<string, Transport>();
  const limits: RelayLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const base = withPolicy(DEFAULT_POLICY, options.policy);
  const refusals = new Map<string, number>();
  const { hooks } = options;
  let settling: Promise<typeof import("./settle.ts")> | undefined;
  let ids = 0;
  let shown: readonly Target[] = [];

  const add = (target: Target): void => {
    // A target that is there for one model under another name serves the client's model.
    const models = target.model === undefined ? target.models : modelsAs(target, options.model);
    book.put(servingNodeOf(models === undefined ? target : { ...target, models }), now());
    const transport = transportOf(target, send);
    transports.set(target.name, async (request) => {
      const response = await transport(request);
      refusals.set(target.name, response.status);
      return response;
    });
  };
  for (const target of [...(options.targets ?? []), ...cloudTarget(options.cloud ?? {})])
    add(target);

  const { local } = options;
  const refreshLocal = (): void => {
    const own = local?.target() ?? null;
    const found = [...(own === null ? [] : [own]), ...(local?.others?.() ?? [])];
    for (const old of shown) {
      if (found.includes(old)) continue;
      book.remove(old.name);
      transports.delete(old.name);
    }
    for (const target of found) if (!shown.includes(target)) add(target);
    shown = found;
  };

  const decide: Core["decide"] = (api, body, call, ranked = 8) => {
    refreshLocal();
    const policy = withPolicy(base, call.policy);
    const shape = describeRequest({ model: options.model, ...body }, api);
    const power = options.power?.() ?? null;
    const snapshots = book
      .snapshots(now())
      .map((one) => (power === null ? one : { ...one, power }));
    return {
      shape,
      policy,
      decision: selectNode(shape, snapshots, policy, { ranked, rejected: 100 }),
    };
  };

  const id = (): string => `${Math.floor(random() * 1e9).toString(36)}-${ids++}`;

  const sendOnce = async (
    ...[api, body, call, voice]: Parameters<Core["send"]>
  ): Promise<FramedAnswer | Rejection> => {
    await local?.look?.();
    let decided = decide(api, body, call);
    if (decided.decision.kind === "reject" && isOnItsWay(local)) {
      // Nobody else may or can answer, and the local engine is being started: it is waited for.
      await local.prepare(call.signal === undefined ? {} : { signal: call.signal });
      decided = decide(api, body, call);
    }
    const { shape, policy, decision } = decided;
    const { idempotencyKey: key } = call;
    if (decision.kind === "reject") return decision;
    const ranked = decision.ranked.map((one) => one.node);
    tell(hooks?.onDecision, { model: shape.model, ranked });
    retries.request();
    const answer = await relayFrames(
      {
        api,
        body,
        headers: {
          ...(key === undefined ? {} : { "idempotency-key": key }),
          ...call.headers,
        },
        shape,
        ranked: decision.ranked,
        nodes: book.nodes(),
        policy,
        mode: call.mode ?? options.mode ?? "error",
        limits,
        signal: call.signal ?? new AbortController().signal,
      },
      {
        transport: (name) => transports.get(name),
        now,
        epoch: Date.now,
        timer,
        id,
        mayRetry: () => retries.take(),
        onStart: (name) => book.started(name),
        onEnd: (report) => book.ended(report, now(), random()),
      },
      voice,
    );
    void answer.receipt.then((receipt) => {
      if (receipt.attempts.at(-1)?.outcome === "served") {
        book.remember(receipt.node, shape.prefixKeys, shape.promptTokens);
      }
      tell(hooks?.onReceipt, receipt);
    });
    return answer;
  };

  return {
    model: options.model,
    decide,
    clock: { now, timer },
    transport: (name) => transports.get(name),
    send: async (api, given, call, voice) => {
      const body = { model: options.model, ...given };
      // Fetched beside the first request.
      settling ??= import("./settle.ts");
      const startedMs = now();
      const [{ settle }, sent] = await Promise.all([settling, sendOnce(api, body, call, voice)]);
      return settle(sent, {
        reasoning: api === "chat" ? (call.reasoning ?? options.reasoning) : "as-sent",
        asBytes: voice !== undefined,
        left: call.maxRetries ?? options.maxRetries ?? 2,
        policy: withPolicy(base, call.policy),
        elapsedMs: () => now() - startedMs,
        timer,
        random,
        signal: call.signal,
        refusals,
        again: (deadlineMs) => {
          const kept = { ...call.policy?.limits, deadlineMs };
          return sendOnce(api, body, { ...call, policy: { ...call.policy, limits: kept } }, voice);
        },
        onError: (error) => tell(hooks?.onError, error),
      });
    },
  };
}

const timer: RelayPorts["timer"] = (ms, run) => {
  const timeout = setTimeout(run, ms);
  return () => clearTimeout(timeout);
};

/** Who listens is told; what goes wrong there is no business of the request. */
function tell<T>(listener: ((value: T) => void) | undefined, value: T): void {
  try {
    listener?.(value);
  } catch {
    // A listener's own fault.
  }
}

function isOnItsWay(local: LocalEngine | undefined): local is LocalEngine {
  const state = local?.status().state;
  return state === "downloading" || state === "loading";
}

/** The target's models, reachable under the client's name for the model. */
function modelsAs(target: Target, model: string): Target["models"] {
  const [first, ...others] = target.models ?? [];
  const entry = typeof first === "string" ? { id: first } : (first ?? { id: model });
  return [{ ...entry, id: model, aliases: [...(entry.aliases ?? []), entry.id] }, ...others];
}
