export { type FrameStream, joinFrames, PING } from "@qwq-fit/relay";
export { createAnswerObject } from "./answers/answer-object.ts";
export type { KeptAnswer } from "./answers/answer-object.ts";
export type { AnswerObject, AnswerPorts, AnswerStore } from "./answers/answer-ports.ts";
export type { AnswersConfig } from "./answers/answers-config.ts";
export type { AnswerJob } from "./answers/job.ts";
export type { LogEvent } from "./answers/log.ts";
export type { AnswerRecord, AnswerStorage } from "./answers/record.ts";
export type { ViewWishes } from "./answers/view.ts";
export type { Span } from "./api/trace.ts";
export type { AiBinding } from "./fleet/workers-ai.ts";
export { createRouter } from "./api/app.ts";
export type { Router } from "./api/app.ts";
export type { RouterContext } from "./api/context.ts";
export { HttpRefusal } from "./api/http-error.ts";
export type { KeyConfig, NodeConfig, ProbeKind, RouterConfig } from "./config/config.ts";
export { parseConfig, readConfig } from "./config/parse-config.ts";
export type { ParsedConfig } from "./config/parse-config.ts";
export type { ConfigProblem } from "./config/read.ts";
export type {
  AuthVerdict,
  NodeLink,
  RegisteredNode,
  RouterEnv,
  RouterExtension,
} from "./extension.ts";
export type { Caller } from "./guard/caller.ts";
export type { ProbeResult } from "./fleet/probe.ts";
export { createFleet } from "./fleet/fleet.ts";
export type { Fleet } from "./fleet/fleet.ts";
export { hashSecret } from "./guard/api-key.ts";
export { grantLease } from "./guard/ledger.ts";
export type { LedgerAccount } from "./guard/ledger.ts";
export { createMemoryState } from "./guard/memory-state.ts";
export type {
  BudgetLease,
  BudgetRequest,
  CallerLimits,
  Exchange,
  LogRecord,
  RouterPorts,
  StateStore,
} from "./ports.ts";
export { sageMakerSecretNames } from "./sagemaker/secret-names.ts";
export { sageMakerExtension } from "./sagemaker/sagemaker-extension.ts";
export { checkDial, CONNECT_PATH } from "./tunnel/check-dial.ts";
export { createNodeHub } from "./tunnel/node-hub.ts";
export type { HubPorts, HubSocket, NodeHub, Restored } from "./tunnel/node-hub.ts";
export {
  changeBetween,
  NO_NODES,
  withChange,
  withCode,
  withNode,
  withoutNode,
} from "./tunnel/registry.ts";
export type {
  JoinedNode,
  Registry,
  RegistryChange,
  RegistryState,
  WantedNode,
} from "./tunnel/registry.ts";
export { tunnelExtension, tunnelSecret } from "./tunnel/tunnel-extension.ts";
export type { TunnelPorts } from "./tunnel/tunnel-extension.ts";
export { tunnelTransport } from "./tunnel/tunnel-transport.ts";
export { MOST_GENERATIONS, responseOf, SUBPROTOCOL as NODE_SUBPROTOCOL } from "@qwq-fit/tunnel";
export type { NodeHello } from "@qwq-fit/tunnel";
export {
  accountExpiryMs,
  accountIsEmpty,
  applyAccountCommand,
  NO_ACCOUNT,
} from "./sessions/account.ts";
export type { Account, AccountCommand, AccountOutcome } from "./sessions/account.ts";
export type { SessionStore } from "./sessions/session-store.ts";
export type { SessionsConfig } from "./sessions/sessions-config.ts";
export { readSageMakerAddress } from "./sagemaker/named-node.ts";
export type { NamedSageMakerNode } from "./sagemaker/named-node.ts";
