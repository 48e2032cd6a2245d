export { breakerState, CLOSED, recordOutcome } from "./breaker.ts";
export type { Breaker } from "./breaker.ts";
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
export { createRetryBudget } from "./retry-budget.ts";
export type { RetryBudget } from "./retry-budget.ts";
