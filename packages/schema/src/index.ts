export { GiB, KiB, MiB } from "./units.ts";
export { QwqError } from "./errors.ts";
export type { ErrorCode, QwqErrorOptions } from "./errors.ts";
export type { Estimate, EstimateMethod, SourcedNumber } from "./estimate.ts";
export { DEFAULT_USABLE_TOKENS_PER_SECOND, DEFAULT_WORKLOAD } from "./workload.ts";
export type { Workload } from "./workload.ts";
export type {
  Backend,
  CpuProfile,
  DeviceProcess,
  DeviceProfile,
  EngineModel,
  FoundEngine,
  HardwareProfile,
  MemoryProfile,
  OperatingSystem,
  ProbeWarning,
} from "./hardware-profile.ts";
export type {
  BlockCache,
  BlockProfile,
  ModelProfile,
  SamplingDefaults,
  TensorInfo,
  WeightsVariant,
} from "./model-profile.ts";
export type {
  DeviceMemory,
  EngineName,
  EvidenceStatus,
  Explanation,
  FitChange,
  FitPlan,
  KvCacheType,
  Placement,
  PlanHost,
  QualityLoss,
  Shortfall,
  StartCommand,
} from "./fit-plan.ts";
export type {
  CheckReport,
  CloudOffer,
  FitAnswer,
  MemoryReport,
  Recommendation,
  RelativeModel,
} from "./check-report.ts";
export type { ComparedCase, Comparison } from "./comparison.ts";
export { DEFAULT_POLICY } from "./policy.ts";
export type { Policy, PrivacyClass } from "./policy.ts";
export type {
  NodeCapabilities,
  NodeModel,
  NodePerformance,
  NodeSnapshot,
  NodeState,
  ServingNode,
} from "./node.ts";
export type {
  Attempt,
  RankedNode,
  Receipt,
  RejectedNode,
  RejectReason,
  RequestShape,
  RouteDecision,
} from "./route.ts";
export type { NodeReport } from "./node-report.ts";
export type { LocalMeasurement, Measurement } from "./measurement.ts";
export type { Catalog, HardwareEntry, InstancePrice, ModelEntry, TokenPrice } from "./catalog.ts";
export type { ServerState } from "./server-state.ts";
export type {
  SagemakerContainer,
  SagemakerDeployment,
  SagemakerOffer,
  SagemakerReport,
} from "./sagemaker-report.ts";
