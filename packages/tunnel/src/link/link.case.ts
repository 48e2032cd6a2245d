import type { NodeHello } from "../node-report.ts";
import type { TunnelRequest } from "./link-stream.ts";

/** What a node of the tests says of itself. */
export const HELLO: NodeHello = {
  agent: "test",
  engine: "node-llama-cpp",
  models: [],
  slots: 1,
  capabilities: {
    tools: false,
    jsonSchema: false,
    vision: false,
    embeddings: false,
    logprobs: false,
    continuation: false,
    apis: [],
  },
  load: { state: "serveable", inFlight: 0, queued: 0, power: null, performance: [] },
};

/** Real timers, as a link is given them. */
export const timer = (ms: number, run: () => void): (() => void) => {
  const made = setTimeout(run, ms);
  return () => clearTimeout(made);
};

/** A request with this body. */
export const sent = (
  body: Uint8Array,
  signal: AbortSignal = new AbortController().signal,
): TunnelRequest => ({
  method: "POST",
  path: "/v1/chat/completions",
  headers: {},
  body,
  signal,
});
