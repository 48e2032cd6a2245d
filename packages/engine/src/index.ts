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
export type { ChildEngine } from "./child/child-engine.ts";
export type { ChildEngineOptions } from "./child/child-engine-options.ts";
export { stepDown } from "./child/step-down.ts";
export type { Replan } from "./child/supervisor.ts";
export { compileConstraint, parseConstrained } from "./grammar/constraint-grammar.ts";
export type { CompiledConstraint } from "./grammar/constraint-grammar.ts";
export { validateJson } from "./grammar/validate-json.ts";
export type { Violation } from "./grammar/validate-json.ts";
export { createApi } from "./api/app.ts";
export { DEFAULT_API_LIMITS } from "./api/api-options.ts";
export type { ApiLimits, ApiOptions, RequestLog } from "./api/api-options.ts";
export { createEngineHost } from "./api/engine-host.ts";
export type { EngineHost, EngineHostOptions, EngineLease, HostPhase } from "./api/engine-host.ts";
export { proofOf } from "./api/guard.ts";
export { performanceOf, servedModelOf } from "./api/served-model.ts";
export type { ServedModel } from "./api/served-model.ts";
export { startServer } from "./server/start-server.ts";
export type { RunningServer, StartServerOptions } from "./server/start-server.ts";
export { stopOnSignals } from "./server/stop-on-signals.ts";
export type { SignalSource } from "./server/stop-on-signals.ts";
export { findServer, listServers, provesToken, stopServer } from "./server/find-servers.ts";
export type { FoundServer } from "./server/find-servers.ts";
export { tryLock } from "./lock/file-lock.ts";
export type { FileLock, LockAttempt } from "./lock/file-lock.ts";
export { defaultStateDir, serverId, serversDir } from "./server/state-dir.ts";
export type { StateEnvironment } from "./server/state-dir.ts";
export { runChatRepl } from "./server/chat/chat-repl.ts";
export type { ChatReplOptions } from "./server/chat/chat-repl.ts";
export { NEW_SESSION } from "./server/chat/session.ts";
export type { ChatSession, ThoughtView } from "./server/chat/session.ts";
export { streamAnswer } from "./server/chat/stream-answer.ts";
export type { AnswerPart, ChatTarget } from "./server/chat/stream-answer.ts";
export { enginePackages } from "./install/engine-packages.ts";
export type { EnginePackages, InstallPlatform } from "./install/engine-packages.ts";
export { findEngine, installEngine } from "./install/install-engine.ts";
export type { InstallOptions, InstallQuestion, InstalledEngine } from "./install/install-engine.ts";
export { downloadFile } from "./store/download.ts";
export type {
  DownloadOptions,
  DownloadProgress,
  DownloadSource,
  Downloaded,
} from "./store/download-types.ts";
export { checkServers } from "./server/check-servers.ts";
export type { ServerCheck } from "./server/check-servers.ts";
export { attachEngine } from "./adapters/attach-engine.ts";
export type { AttachOptions } from "./adapters/attach-engine.ts";
export { attachRunning } from "./adapters/running-engine.ts";
export type { RunningEngineOptions } from "./adapters/running-engine.ts";
export { connectLlamaServer } from "./adapters/llama-server-engine.ts";
export type { LlamaServerOptions } from "./adapters/llama-server-engine.ts";
export { findForeign, foreignPlaces, listForeign } from "./store/foreign-stores.ts";
export type { ForeignModel, ForeignPlaces } from "./store/foreign-stores.ts";
export { sourceFromUrl } from "./store/model-source.ts";
export type { ModelSource, SourceFile } from "./store/model-source.ts";
export { ModelStore } from "./store/model-store.ts";
export type { PullOptions, PullProgress } from "./store/model-store.ts";
export type { StoredFile, StoredModel } from "./store/stored-model.ts";
export { ensureServer } from "./server/ensure-server.ts";
export type { EnsureServerOptions } from "./server/ensure-server.ts";
export { spawnLlamaServer } from "./adapters/spawn-llama-server.ts";
export type { LlamaServerPlan, SpawnOptions } from "./adapters/spawn-llama-server.ts";
export { rehearse } from "./rehearsal/rehearse.ts";
export type { RehearsalProgress, RehearsalResult, RehearseOptions } from "./rehearsal/rehearse.ts";
export { announceLan } from "./lan/announce.ts";
export { LAN_SERVICE, shown } from "./lan/announcement.ts";
export type { LanService } from "./lan/announcement.ts";
export { browseLan } from "./lan/browse.ts";
export { lanAddresses } from "./lan/lan-addresses.ts";
export { createLanDoor } from "./lan/lan-door.ts";
export type { LanDoor, LanDoorOptions, LanNode } from "./lan/lan-door.ts";
export { listLanPairings, openLanKeys, revokeLanPairing } from "./lan/lan-keys.ts";
export type { LanKeys, LanPairing } from "./lan/lan-keys.ts";
export { isLanProof, lanNonce } from "./lan/lan-proof.ts";
export { openMdns } from "./lan/mdns-port.ts";
export type { MdnsPort, MdnsRecord } from "./lan/mdns-port.ts";
export { createPairingCode } from "./lan/pairing-code.ts";
export type { PairingCode } from "./lan/pairing-code.ts";
