import { holds } from "./service-rates.ts";
import type { NodeModel } from "./node-types.ts";
import type { SimulatedNode, TraceRequest } from "./simulate.ts";

/** What a chooser sees of a node: what a router would know. Read at the time of the choice. */
export interface NodeView {
  readonly name: string;
  readonly slots: number;
  readonly up: boolean;
  readonly inFlight: number;
  readonly queued: number;
  readonly queuedPromptTokens: number;
  /** Time there and back that passed requests have shown. */
  readonly overheadMs: number;
  /** Ms until it is switched on; 0 where it is. */
  readyInMs(nowMs: number): number;
  /** Tokens of the request's prefix that it holds. */
  cachedTokens(request: TraceRequest): number;
  /** Its context is long enough. */
  holds(request: TraceRequest): boolean;
}

/** A view of a node that lives as long as the node. */
export function createNodeView(
  node: SimulatedNode,
  model: NodeModel,
  isUp: () => boolean,
): NodeView {
  const { name, rates } = node;
  return {
    name,
    slots: rates.slots,
    overheadMs: rates.overheadMs ?? 0,
    get up() {
      return isUp();
    },
    get inFlight() {
      return model.inFlight;
    },
    get queued() {
      return model.queued;
    },
    get queuedPromptTokens() {
      return model.queuedPromptTokens;
    },
    readyInMs: (nowMs) => model.readyInMs(nowMs),
    cachedTokens: (request) => model.cachedTokens({ id: 0, ...request }),
    holds: (request) => holds(rates, request),
  };
}
