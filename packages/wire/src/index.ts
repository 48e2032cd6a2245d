export { WireError } from "./wire-error.ts";
export { DEFAULT_MAX_EVENT_BYTES, createSseScanner } from "./sse/scan.ts";
export type { SseFrame, SseScanner, SseScannerOptions } from "./sse/scan.ts";
export { createSseDecoder, parseSseFrame, readSseEvents } from "./sse/decode.ts";
export type { SseDecoder, SseEvent } from "./sse/decode.ts";
export { DONE, DONE_EVENT, encodeSse, encodeSseComment, encodeSseJson } from "./sse/encode.ts";
export type { SseMessage } from "./sse/encode.ts";
export type {
  ChatMessage,
  ChatRequest,
  ChatTool,
  ContentPart,
  JsonSchema,
  ReasoningEffort,
  ResponseFormat,
  ToolCall,
  ToolChoice,
} from "./chat/request.ts";
export type {
  AnswerMessage,
  ChatChoice,
  ChatChunk,
  ChatCompletion,
  ChatDelta,
  ChatUsage,
  ChoiceLogprobs,
  ChunkChoice,
  FinishReason,
  TokenLogprob,
  ToolCallDelta,
} from "./chat/response.ts";
export { createChatAssembler, reasoningOf } from "./chat/assemble.ts";
export type { ChatAssembler } from "./chat/assemble.ts";
export { chunksOf, reasoningDelta } from "./chat/chunks.ts";
export { readChatData } from "./chat/data.ts";
export type { ChatData } from "./chat/data.ts";
export { createStreamWatch } from "./chat/watch.ts";
export type { StreamVerdict, StreamWatch } from "./chat/watch.ts";
export { codeOfTold, errorEnvelope, statusOf } from "./errors/envelope.ts";
export type { ErrorEnvelope, WireFault } from "./errors/envelope.ts";
export { codeOfStatus, readErrorBody } from "./errors/body.ts";
export type { UpstreamError } from "./errors/body.ts";
export { retryAfterMs } from "./errors/retry-after.ts";
export type { HeaderReader } from "./errors/retry-after.ts";
