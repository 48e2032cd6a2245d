export { isObject, numberField, parseJson, stringField } from "./json.ts";
export type { JsonObject } from "./json.ts";
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
export { createChatAssembler } from "./chat/assemble.ts";
export { reasoningOf } from "./chat/reasoning-of.ts";
export type { ChatAssembler } from "./chat/assemble.ts";
export { chunksOf, reasoningDelta } from "./chat/chunks.ts";
export { readChatData } from "./chat/data.ts";
export type { ChatData } from "./chat/data.ts";
export { readFrame } from "./chat/read-frame.ts";
export { createRunScanner } from "./chat/run-scan.ts";
export type { RunScanner } from "./chat/run-scan.ts";
export { createStreamWatch } from "./chat/watch.ts";
export type { StreamVerdict, StreamWatch } from "./chat/watch.ts";
export { codeOfTold, errorEnvelope, statusOf } from "./errors/envelope.ts";
export type { ErrorEnvelope, WireFault } from "./errors/envelope.ts";
export { codeOfStatus, readErrorBody } from "./errors/body.ts";
export type { UpstreamError } from "./errors/body.ts";
export { retryAfterMs } from "./errors/retry-after.ts";
export type { HeaderReader } from "./errors/retry-after.ts";
export { createReasoningSplitter, splitReasoning } from "./reasoning/split.ts";
export type {
  ReasoningPart,
  ReasoningSplitter,
  ReasoningSplitterOptions,
} from "./reasoning/split.ts";
export { readAssistant, textOf, withoutReasoning } from "./reasoning/message.ts";
export type { AssistantText } from "./reasoning/message.ts";
export { createReasoningNormalizer, normalizeReasoning } from "./reasoning/normalize.ts";
export type { ReasoningNormalizer } from "./reasoning/normalize.ts";
export { parseCallJson, parseToolCall } from "./tools/parse.ts";
export type { ParsedCall } from "./tools/parse.ts";
export { createToolParser } from "./tools/stream.ts";
export type { ToolParser, ToolParserOptions, ToolPart } from "./tools/stream.ts";
export { DEFAULT_REQUEST_LIMITS, checkSampling, readChatRequest } from "./validate/chat-request.ts";
export type { RequestLimits } from "./validate/chat-request.ts";
export { createChecker } from "./validate/problem.ts";
export type { Checked, Checker, NumberRange, Problem } from "./validate/problem.ts";
export { encodeNamedEvent } from "./named-event.ts";
export type { ChatConverter, NamedEvent } from "./named-event.ts";
export { chatFromResponses } from "./responses/request.ts";
export { createResponsesConverter, responseFromChat } from "./responses/stream.ts";
export type { ResponsesOptions } from "./responses/stream.ts";
export type { ResponsesDialect } from "./responses/items.ts";
export { chatFromMessages } from "./messages/request.ts";
export { createMessagesConverter, messageFromChat, messagesError } from "./messages/stream.ts";
export type { MessagesOptions } from "./messages/stream.ts";
