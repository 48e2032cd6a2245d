import type { NodeReport, NodeState, ServingNode } from "@qwq-fit/schema";
import type { ApiOptions } from "../api-options.ts";
import type { HostPhase } from "../engine-host.ts";

/** `GET /health`. 503 while nothing can be served: loading, failed, closed. */
export function healthOf({ host, node }: ApiOptions): { status: number; body: object } {
  const phase = host.phase();
  const state = host.state();
  const serves = phase === "ready" || phase === "saturated" || phase === "idle";
  return {
    status: serves ? 200 : 503,
    body: {
      status: phase,
      slots: state?.slots ?? node.slots,
      freeSlots: state?.freeSlots ?? (phase === "idle" ? node.slots : 0),
      running: state?.running ?? 0,
      queued: state?.queued ?? 0,
      loaded: state?.loaded ?? 0,
    },
  };
}

/** `GET /v1/models`: the one model under its name and aliases. */
export function modelsOf({ model, host, node }: ApiOptions): object[] {
  return [model.id, ...model.aliases].map((id) => ({
    id,
    object: "model",
    created: model.created,
    owned_by: "qwq-fit",
    // vLLM's name for the context, which clients read.
    max_model_len: host.info()?.contextTokens ?? node.contextTokens,
  }));
}

/** `GET /v1/node`: what a router must know, and the plan behind it. */
export function nodeReportOf(options: ApiOptions): NodeReport {
  const { host, node, model } = options;
  const info = host.info();
  const state = host.state();
  const capabilities = info?.capabilities;
  const slots = info?.slots ?? node.slots;
  const serving: ServingNode = {
    name: node.name,
    engine: info?.engine ?? node.plan?.engine ?? "openai-compatible",
    baseUrl: options.baseUrl(),
    privacy: node.privacy,
    region: null,
    models: [
      {
        id: model.id,
        aliases: model.aliases,
        quantization: model.quantization,
        contextTokens: info?.contextTokens ?? node.contextTokens,
        maxOutputTokens: null,
        inputUsdPerMillionTokens: null,
        outputUsdPerMillionTokens: null,
      },
    ],
    slots,
    capabilities: {
      tools: true,
      jsonSchema: capabilities?.jsonSchema ?? false,
      vision: false,
      embeddings: capabilities?.embeddings ?? false,
      logprobs: capabilities?.logprobs ?? false,
      continuation: capabilities?.continuation ?? false,
      apis: [
        "chat",
        "completions",
        ...(capabilities?.embeddings === true ? (["embeddings"] as const) : []),
        "responses",
        "messages",
      ],
    },
    performance: node.performance,
  };
  return {
    schemaVersion: 1,
    node: serving,
    state: {
      status: nodeStateOf(host.phase()),
      phase: host.phase(),
      freeSlots: state?.freeSlots ?? slots,
      inFlight: state?.running ?? 0,
      queued: state?.queued ?? 0,
      queuedPromptTokens: state?.queuedPromptTokens ?? 0,
      generation: state?.generation ?? 0,
      crashes: state?.crashes ?? 0,
      measured: state?.measured ?? null,
      lastFailure: host.lastFailure(),
    },
    capabilities: serving.capabilities,
    performance: serving.performance,
    model: { license: model.license, fileSha256: model.fileSha256, thinks: model.thinks },
    settings: info?.settings ?? null,
    plan: node.plan,
  };
}

function nodeStateOf(phase: HostPhase): NodeState {
  switch (phase) {
    case "ready":
    case "idle":
      return "serveable";
    case "saturated":
      return "saturated";
    case "loading":
      return "loading";
    case "failed":
    case "closed":
      return "down";
    default:
      return phase satisfies never;
  }
}
