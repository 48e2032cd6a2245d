import type { Transport } from "@qwq-fit/relay";
import type { Hono } from "hono";
import type { RouterContext } from "./api/context.ts";
import type { NodeConfig } from "./config/config.ts";
import type { ProbeResult } from "./fleet/probe.ts";
import type { Caller } from "./guard/caller.ts";
import type { Exchange } from "./ports.ts";

/** What Hono knows of a request to the router. */
export type RouterEnv = {
  Bindings: Exchange;
  Variables: { requestId: string; caller: Caller };
};

/** A request to a model, of a caller that is known. */
export interface InferenceRequest {
  /** "/v1/chat/completions" and the like. */
  readonly path: string;
  readonly caller: Caller;
  /** As the caller's API has it. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Its headers and its signal; the body has been read. */
  readonly request: Request;
  readonly requestId: string;
  /** Absent where the runtime offers nothing beyond `Request`. */
  readonly exchange: Exchange | undefined;
}

/** How a node is reached and asked where that is not done by its URL. */
export interface NodeLink {
  readonly transport: Transport;
  /** Absent: it is asked at its URL as configured, or tried where it has none. */
  readonly probe?: () => Promise<ProbeResult>;
}

/** A node that nobody configured: it came by itself. */
export interface RegisteredNode {
  readonly config: NodeConfig;
  readonly link: NodeLink;
}

/** Who sent a request, or why nobody may know. `reason` is told to the caller. */
export type AuthVerdict =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: string };

/**
 * Something that the router can do beside its own: each part is optional. Extensions are asked in their order,
 * before the router's own ways.
 */
export interface RouterExtension {
  readonly name: string;
  /** Adds routes; `context.authenticate` says who asks, a thrown `HttpRefusal` is told as an OpenAI error. */
  readonly routes?: (app: Hono<RouterEnv>, context: RouterContext) => void;
  /** Answers a request to a model in another way than at once; null for one that it leaves alone. */
  readonly take?: (asked: InferenceRequest, context: RouterContext) => Promise<Response | null>;
  /** Reads another form of credential; null where the headers hold none of its form. */
  readonly authenticate?: (headers: Headers, nowMs: number) => Promise<AuthVerdict | null>;
  /** Another way to reach a configured node; null for nodes that are none of its own. */
  readonly link?: (node: NodeConfig) => NodeLink | null;
  /** Nodes that are there now, asked at each round of probes; a configured node of the same name wins. */
  readonly nodes?: () => Promise<readonly RegisteredNode[]>;
}
