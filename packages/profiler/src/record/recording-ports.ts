import type {
  BatteryState,
  CpuDetails,
  DiskSpace,
  LocalResponse,
  ProbePorts,
  ToolResult,
} from "../ports/probe-ports.ts";
import { keepAnswer, keepFile, keepNames, keepOutput, keepVariable } from "./keep.ts";
import type { RecordedCommand, Recording } from "./recording.ts";
import type { Scrub } from "./scrub.ts";

/** Ports that remember what they answered. */
export interface Recorder {
  readonly ports: ProbePorts;
  /** What was asked for so far, scrubbed. */
  readonly recording: () => Recording;
}

function toCommand(program: string, result: ToolResult, scrub: Scrub): RecordedCommand | null {
  switch (result.kind) {
    case "missing":
      return null;
    case "ended": {
      const { exitCode, stdout, stderr } = result;
      return { stdout: scrub(keepOutput(program, stdout)), stderr: scrub(stderr), exitCode };
    }
    case "timeout":
    case "flooded":
      return { stdout: "", kind: result.kind };
    case "failed":
      return { stdout: "", stderr: scrub(result.reason), kind: "failed" };
  }
}

/** Wraps a machine's ports so that everything that a probe is told can be replayed elsewhere. */
export function createRecordingPorts(ports: ProbePorts, scrub: Scrub): Recorder {
  const commands: Record<string, RecordedCommand> = {};
  const files: Record<string, string> = {};
  const directories: Record<string, readonly string[]> = {};
  const environment: Record<string, string> = {};
  const http: Record<string, LocalResponse> = {};
  const programs: Record<string, string> = {};
  const disks: Record<string, DiskSpace> = {};
  let battery: BatteryState | null = null;
  let cpuDetails: CpuDetails | null = null;
  const recorder: ProbePorts = {
    platform: ports.platform,
    architecture: ports.architecture,
    facts: ports.facts,
    environment: (name) => {
      const value = ports.environment(name);
      if (value !== undefined) environment[name] = scrub(keepVariable(name, value));
      return value;
    },
    find: async (program) => {
      const path = await ports.find(program);
      if (path !== null) programs[program] = scrub(path);
      return path;
    },
    run: async (program, args, limits) => {
      const result = await ports.run(program, args, limits);
      const command = toCommand(program, result, scrub);
      if (command !== null) commands[[program, ...args].join(" ")] = command;
      return result;
    },
    readFile: async (path) => {
      const text = await ports.readFile(path);
      if (text !== null) files[scrub(path)] = scrub(keepFile(path, text));
      return text;
    },
    listDir: async (path) => {
      const names = await ports.listDir(path);
      if (names !== null) directories[scrub(path)] = keepNames(path, names).map(scrub);
      return names;
    },
    fetchLocal: async (port, path) => {
      const answer = await ports.fetchLocal(port, path);
      if (answer !== null)
        http[`${port}${path}`] = { ...answer, body: scrub(keepAnswer(answer.body)) };
      return answer;
    },
    disk: async (path) => {
      const space = await ports.disk(path);
      if (space !== null) disks[scrub(path)] = space;
      return space;
    },
    battery: async () => (battery = await ports.battery()),
    cpuDetails: async () => (cpuDetails = await ports.cpuDetails()),
  };
  return {
    ports: recorder,
    recording: () => ({
      schemaVersion: 1,
      platform: ports.platform,
      architecture: ports.architecture,
      commands,
      files,
      directories,
      environment,
      http,
      programs,
      disks,
      facts: { ...ports.facts, homeDirectory: "~" },
      battery,
      cpuDetails,
    }),
  };
}
