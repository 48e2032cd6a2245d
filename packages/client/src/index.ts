export type { LanguageModelV3, LanguageModelV4 } from "./ai-sdk/language-model.ts";
export type { ChatAnswer, ChatCompletions, ChatInput } from "./chat/chat.ts";
export type { ChatStream } from "./chat/chat-stream.ts";
export { ClientError } from "./core/errors.ts";
export type { LocalEngine, LocalStatus, PrepareProgress } from "./core/local-engine.ts";
export type { CallOptions, ClientHooks, ClientOptions, PolicyInput } from "./core/options.ts";
export type { Secret, Target } from "./core/target.ts";
export { createClient } from "./create-client.ts";
export type { Client, RouteExplanation } from "./create-client.ts";
