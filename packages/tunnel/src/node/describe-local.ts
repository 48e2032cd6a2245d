import type { NodeSnapshot } from "@qwq-fit/schema";
import { objectOf } from "../json.ts";
import { type NodeHello, readHello } from "../node-report.ts";
import type { HttpNode } from "./http-node.ts";

/** What an engine that does not say is taken to be able to do; the same as a configured node's default. */
const USUAL = {
  tools: true,
  jsonSchema: true,
  vision: false,
  embeddings: true,
  logprobs: true,
  continuation: false,
  apis: ["chat", "completions", "embeddings"],
} as const;

/**
 * What the server beside the agent says of itself: a server of ours by `GET /v1/node`, any other by the models that
 * it lists. Null where it does not answer.
 */
export async function describeLocal(
  node: HttpNode,
  agent: string,
  power: NodeSnapshot["power"],
): Promise<NodeHello | null> {
  const report = await node.json("/v1/node");
  if (report !== null && "node" in report) {
    const told = objectOf(report["node"]);
    const state = objectOf(report["state"]);
    const { inFlight, queued, status } = state;
    return readHello({
      ...told,
      agent,
      load: { state: status, inFlight, queued, power, performance: report["performance"] },
    });
  }
  const models = await node.json("/v1/models");
  if (models === null) return null;
  const list: readonly unknown[] = Array.isArray(models["data"]) ? models["data"] : [];
  return readHello({
    agent,
    engine: "openai-compatible",
    models: list.map((one) => ({ id: objectOf(one)["id"] })),
    slots: 1,
    capabilities: USUAL,
    load: { state: "serveable", power },
  });
}
