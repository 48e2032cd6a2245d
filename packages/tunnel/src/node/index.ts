export { startAgent } from "./agent.ts";
export type { AgentEvent, AgentOptions, Membership, RunningAgent } from "./agent.ts";
export { enrol } from "./enrol.ts";
export { createHttpNode } from "./http-node.ts";
export type { HttpNode, HttpNodeOptions } from "./http-node.ts";
export { createNodeKeys, signNodeToken } from "./node-keys.ts";
export type { NodeKeys, TokenClaims } from "./node-keys.ts";
