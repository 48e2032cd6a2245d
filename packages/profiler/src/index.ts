export { probeHardware } from "./probe.ts";
export type { ProbeOptions } from "./probe.ts";
export type {
  BatteryState,
  DiskSpace,
  LocalResponse,
  MachineFacts,
  ProbePorts,
  ToolResult,
} from "./ports/probe-ports.ts";
