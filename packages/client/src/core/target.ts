import type { Transport } from "@qwq-fit/relay";
import type {
  NodeCapabilities,
  NodeModel,
  NodePerformance,
  PrivacyClass,
  ServingNode,
} from "@qwq-fit/schema";

/** A secret, or what fetches it when it is needed. */
export type Secret = string | (() => string | Promise<string>);

/** A place that can answer: a node, a router, a cloud. */
export interface Target {
  readonly name: string;
  /** Ends before `/chat/completions`. */
  readonly baseUrl: string;
  readonly apiKey?: Secret;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where text goes that is sent there. */
  readonly privacy: PrivacyClass;
  readonly region?: string;
  readonly engine?: ServingNode["engine"];
  /** Names, or entries with context and price. Empty or left out: any model is tried. */
  readonly models?: readonly (string | (Partial<NodeModel> & { readonly id: string }))[];
  readonly slots?: number;
  readonly capabilities?: Partial<NodeCapabilities>;
  readonly performance?: readonly NodePerformance[];
  /** The model's name there, where it differs. */
  readonly model?: string;
  /**
   * Instead of `fetch` to `baseUrl`: SageMaker, a tunnel. Gets a path below the API's base, the JSON body (with the
   * model's name there) and a signal; answers with a `Response` as an OpenAI-compatible server would, streams included.
   */
  readonly transport?: Transport;
}

const CAPABILITIES: NodeCapabilities = {
  tools: true,
  jsonSchema: true,
  vision: false,
  embeddings: true,
  logprobs: true,
  continuation: false,
  apis: ["chat", "completions", "embeddings"],
};

const asModel = (model: string | (Partial<NodeModel> & { readonly id: string })): NodeModel => ({
  aliases: [],
  quantization: null,
  contextTokens: null,
  maxOutputTokens: null,
  inputUsdPerMillionTokens: null,
  outputUsdPerMillionTokens: null,
  ...(typeof model === "string" ? { id: model } : model),
});

/** The target as routing sees it; holds no secret. */
export function servingNodeOf(target: Target): ServingNode {
  return {
    name: target.name,
    engine: target.engine ?? "openai-compatible",
    baseUrl: target.baseUrl,
    privacy: target.privacy,
    region: target.region ?? null,
    models: (target.models ?? []).map(asModel),
    slots: target.slots ?? 1,
    capabilities: { ...CAPABILITIES, ...target.capabilities },
    performance: target.performance ?? [],
  };
}

/** How the target is reached: its own key in a header, redirects not followed. */
export function transportOf(target: Target, send: typeof fetch): Transport {
  const { apiKey, model, transport } = target;
  return async (request) => {
    const { path, headers, signal } = request;
    const body = model === undefined ? request.body : renamed(request.body, model);
    if (transport !== undefined) return transport({ ...request, body });
    const url = target.baseUrl.replace(/\/+$/, "") + path;
    const init = async () => {
      const key = typeof apiKey === "function" ? await apiKey() : apiKey;
      return {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          ...headers,
          ...target.headers,
          ...(key ? { authorization: `Bearer ${key}` } : {}),
        },
        signal,
        redirect: "manual",
      } as const;
    };
    return headers["x-qwq-resumable"]
      ? (await import("../resume/resume.ts")).resume(send, url, init)
      : send(url, await init());
  };
}

function renamed(body: string, model: string): string {
  // Relay's own text: always an object.
  const value: object = JSON.parse(body);
  return JSON.stringify({ ...value, model });
}
