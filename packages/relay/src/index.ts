export { dataLooksWhole } from "./json-shape.ts";
export { DEFAULT_LIMITS } from "./ports.ts";
export type {
  AttemptReport,
  RelayAnswer,
  RelayCall,
  RelayLimits,
  RelayMode,
  RelayPorts,
  Transport,
  UpstreamRequest,
} from "./ports.ts";
export { relay } from "./relay.ts";
export { createRetryBudget, RETRY_SHARE } from "./retry-budget.ts";
export type { RetryBudget } from "./retry-budget.ts";
