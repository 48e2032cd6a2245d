import {
  createRetryBudget,
  DEFAULT_LIMITS,
  relay,
  type RelayAnswer,
  type RelayCall,
  type RelayLimits,
} from "@qwq-fit/relay";
import { createNodeBook, describeRequest, selectNode } from "@qwq-fit/routing";
import {
  DEFAULT_POLICY,
  type ErrorCode,
  type Policy,
  type RequestShape,
  type RouteDecision,
} from "@qwq-fit/schema";
import { ClientError } from "./errors.ts";
import type { LocalEngine } from "./local-engine.ts";
import type { CallOptions, ClientOptions, PolicyInput } from "./options.ts";
import { servingNodeOf, type Target, transportOf } from "./target.ts";

type Body = Readonly<Record<string, unknown>>;
type Api = RelayCall["api"];

/** Decides and carries; everything of the client stands on it. */
export interface Core {
  send(api: Api, body: Body, options: CallOptions): Promise<RelayAnswer>;
  /** The decision for a request; runs nothing. */
  decide(
    api: Api,
    body: Body,
    options: CallOptions,
    ranked?: number,
  ): { shape: RequestShape; decision: RouteDecision; policy: Policy };
  readonly model: string;
}

/** The policy with what is given laid over what stands below. */
export function withPolicy(base: Policy, given: PolicyInput | undefined): Policy {
  return given === undefined
    ? base
    : { ...base, ...given, limits: { ...base.limits, ...given.limits } };
}

function cloudTarget(cloud: NonNullable<ClientOptions["cloud"]>): Target[] {
  const { edge, baseURL, apiKey, model } = cloud;
  const key = apiKey === undefined ? {} : { apiKey };
  const targets: Target[] = [];
  if (edge !== undefined) {
    const baseUrl = `${edge.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1`;
    // The router relays by itself, and knows its own nodes: here it is one place with room.
    targets.push({
      name: "edge",
      baseUrl,
      privacy: "any",
      slots: 1000,
      capabilities: { continuation: true },
      ...key,
    });
  }
  if (baseURL !== undefined) {
    const price = {
      inputUsdPerMillionTokens: cloud.inputUsdPerMillionTokens ?? null,
      outputUsdPerMillionTokens: cloud.outputUsdPerMillionTokens ?? null,
    };
    const models = model === undefined ? [] : [{ id: model, ...price }];
    targets.push({
      name: "cloud",
      baseUrl: baseURL,
      privacy: "any",
      slots: 1000,
      ...key,
      ...(model === undefined ? {} : { model, models }),
    });
  }
  return targets;
}

/** The core of one client: its targets, and what was learnt of them. */
export function createCore(options: ClientOptions): Core {
  const send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const now =
    options.now ?? (typeof performance === "undefined" ? Date.now : () => performance.now());
  const random = options.random ?? Math.random;
  const book = createNodeBook();
  const retries = createRetryBudget();
  const transports = new Map<string, ReturnType<typeof transportOf>>();
  const limits: RelayLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const base = withPolicy(DEFAULT_POLICY, options.policy);
  let ids = 0;
  let shown: readonly Target[] = [];

  const add = (target: Target): void => {
    // A target that is there for one model under another name serves the client's model.
    const models = target.model === undefined ? target.models : modelsAs(target, options.model);
    book.put(servingNodeOf(models === undefined ? target : { ...target, models }), now());
    transports.set(target.name, transportOf(target, send));
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

  return {
    model: options.model,
    decide,
    send: async (api, given, call) => {
      const body = { model: options.model, ...given };
      await local?.look?.();
      let decided = decide(api, body, call);
      if (decided.decision.kind === "reject" && isOnItsWay(local)) {
        // Nobody else may or can answer, and the local engine is being started: it is waited for.
        await local.prepare(call.signal === undefined ? {} : { signal: call.signal });
        decided = decide(api, body, call);
      }
      const { shape, policy, decision } = decided;
      if (decision.kind === "reject") throw rejection(decision);
      options.hooks?.onDecision?.({
        model: shape.model,
        ranked: decision.ranked.map((one) => one.node),
      });
      retries.request();
      const answer = await relay(
        {
          api,
          body,
          headers: call.headers ?? {},
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
          timer: (ms, run) => {
            const timer = setTimeout(run, ms);
            return () => clearTimeout(timer);
          },
          id: () => `${Math.floor(random() * 1e9).toString(36)}-${ids++}`,
          mayRetry: () => retries.take(),
          onStart: (name) => book.started(name),
          onEnd: (report) => book.ended(report, now(), random()),
        },
      );
      void answer.receipt.then((receipt) => {
        if (receipt.attempts.at(-1)?.outcome === "served") {
          book.remember(receipt.node, shape.prefixKeys, shape.promptTokens);
        }
        options.hooks?.onReceipt?.(receipt);
      });
      return answer;
    },
  };
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

/** Why no target may serve, as an error's code. A denial of privacy never turns into another route. */
const CODE_OF: Partial<Record<string, ErrorCode>> = {
  privacy: "privacy_denied",
  region: "privacy_denied",
  context_too_long: "context_too_long",
  model_not_served: "unknown_model",
  capability: "unsupported_combination",
  saturated: "saturated",
};

function rejection(decision: RouteDecision & { readonly kind: "reject" }): ClientError {
  const { reason, retryAfterMs, rejected } = decision;
  const list = rejected.map((one) => `${one.node}: ${one.reason}`).join("; ");
  const message = `no target can serve this: ${list || "none is configured"}`;
  const facts = {
    status: 0,
    target: "",
    retryAfterMs,
    hint: "See `explain(request)`.",
  };
  return new ClientError(CODE_OF[reason] ?? "no_node_available", message, facts);
}
