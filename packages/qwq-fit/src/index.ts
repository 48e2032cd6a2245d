export { createClient } from "./sdk/create-client.ts";
export type { NodeClientOptions } from "./sdk/create-client.ts";
export type { SageMakerCloud } from "./sdk/sagemaker-target.ts";
export type { LocalOptions } from "./sdk/local-options.ts";
export { lanTargets } from "./lan/lan-targets.ts";
export type { LanOptions } from "./lan/lan-targets.ts";
export { ClientError } from "@qwq-fit/client";
export type { CallOptions, Client, ClientOptions, Target, Transport } from "@qwq-fit/client";
export { probeHardware } from "./hardware/probe-hardware.ts";
export { readModel } from "./model/read-model.ts";
export type { ReadModelOptions } from "./model/read-model.ts";
export { loadSpeedCoefficients } from "./catalog/load-speed-coefficients.ts";
export { loadCatalog } from "./catalog/load-catalog.ts";
export { estimateMemory, planFit, resolveHardware } from "@qwq-fit/planner";
export type {
  LlamaCppSettings,
  PlanOptions,
  ResolvedHardware,
  SpeedCoefficients,
} from "@qwq-fit/planner";
export { DEFAULT_WORKLOAD, QwqError } from "@qwq-fit/schema";
export type {
  Catalog,
  ErrorCode,
  Estimate,
  FitAnswer,
  FitPlan,
  HardwareProfile,
  MemoryReport,
  ModelProfile,
  Shortfall,
  WeightsVariant,
  Workload,
} from "@qwq-fit/schema";
