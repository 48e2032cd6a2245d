export { PING } from "./deliver.ts";
export { joinFrames } from "./frames.ts";
export type { FrameSteps } from "./carry-stream.ts";
export { DEFAULT_LIMITS } from "./ports.ts";
export type {
  AttemptReport,
  FramedAnswer,
  FrameStream,
  RelayAnswer,
  RelayCall,
  RelayLimits,
  RelayMode,
  RelayPorts,
  Transport,
  UpstreamAnswer,
  UpstreamBody,
  UpstreamReader,
  UpstreamRequest,
  Voice,
} from "./ports.ts";
export { relay, relayFrames } from "./relay.ts";
export { toBytes, WIRE_VOICE } from "./to-bytes.ts";
export { tellFailure } from "./failure.ts";
export type { Failure } from "./failure.ts";
export { createRetryBudget, RETRY_SHARE } from "./retry-budget.ts";
export type { RetryBudget } from "./retry-budget.ts";
