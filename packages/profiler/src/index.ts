export { machinePower } from "./machine/power.ts";
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
export { recordHardware, replayHardware } from "./record/record-hardware.ts";
export type { RecordedHardware } from "./record/record-hardware.ts";
export type { RecordedCommand, Recording } from "./record/recording.ts";
