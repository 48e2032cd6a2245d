export type {
  EmbedResult,
  Engine,
  EngineCapabilities,
  EngineInfo,
  EnginePhase,
  EngineState,
  RenderedPrompt,
  TemplateOptions,
} from "./engine.ts";
export type {
  EngineMessage,
  EngineTool,
  EngineToolCall,
  EngineToolChoice,
} from "./engine-messages.ts";
export { settingsFromPlan } from "./engine-settings.ts";
export type { EngineSettings } from "./engine-settings.ts";
export type {
  EndEvent,
  EngineUsage,
  GenerateEvent,
  ProgressEvent,
  PromptEvent,
  TokenEvent,
  TokenLogprob,
  TokenLogprobs,
  ToolCallEvent,
} from "./generate-events.ts";
export type {
  GenerateConstraint,
  GeneratePrompt,
  GenerateRequest,
  ReasoningControl,
  SamplingOptions,
} from "./generate-request.ts";
export { createChildEngine } from "./child/child-engine.ts";
export type { ChildEngine, ChildEngineOptions } from "./child/child-engine.ts";
export { stepDown } from "./child/step-down.ts";
export type { Replan } from "./child/supervisor.ts";
export { compileConstraint, parseConstrained } from "./grammar/constraint-grammar.ts";
export type { CompiledConstraint } from "./grammar/constraint-grammar.ts";
export { validateJson } from "./grammar/validate-json.ts";
export type { Violation } from "./grammar/validate-json.ts";
