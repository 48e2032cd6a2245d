import type { MachineFacts, ProbePorts, ToolResult } from "../ports/probe-ports.ts";
import type { RecordedCommand, Recording } from "./recording.ts";

const NO_FACTS: MachineFacts = {
  kernel: "",
  osVersion: "",
  cpuModels: [],
  totalBytes: 0,
  freeBytes: 0,
  usableCores: 1,
  homeDirectory: "~",
};

/**
 * Ports that answer from a recording. A command that was recorded with other arguments than are asked for now answers
 * too, the one with the most arguments in common: recordings outlive the exact flags of the probe that made them.
 */
export function createRecordedPorts(recording: Recording): ProbePorts {
  const commands = new Map(Object.entries(recording.commands ?? {}));
  const files = new Map(Object.entries(recording.files ?? {}));
  const programs = new Map(Object.entries(recording.programs ?? {}));
  const ran = new Set([...commands.keys()].map((line) => programOf(line)));
  return {
    platform: recording.platform ?? "linux",
    architecture: recording.architecture ?? "x64",
    facts: { ...NO_FACTS, ...recording.facts },
    environment: (name) => recording.environment?.[name],
    find: (program) =>
      Promise.resolve(programs.get(program) ?? (ran.has(program) ? program : null)),
    run: (program, args) => Promise.resolve(replay(findCommand(commands, program, args))),
    readFile: (path) => Promise.resolve(files.get(path) ?? null),
    listDir: (path) => Promise.resolve(listRecorded(recording, path)),
    fetchLocal: (port, path) => Promise.resolve(recording.http?.[`${port}${path}`] ?? null),
    disk: (path) => Promise.resolve(recording.disks?.[path] ?? null),
    battery: () => Promise.resolve(recording.battery ?? null),
    cpuDetails: () => Promise.resolve(recording.cpuDetails ?? null),
  };
}

/** "/usr/bin/nvidia-smi -q -x" and "nvidia-smi.exe -q" are runs of "nvidia-smi". */
function programOf(line: string): string {
  const program = line.trim().split(/\s+/)[0] ?? "";
  return (program.split(/[/\\]/).at(-1) ?? program).replace(/\.exe$/i, "");
}

function findCommand(
  commands: ReadonlyMap<string, RecordedCommand>,
  program: string,
  args: readonly string[],
): RecordedCommand | null {
  const exact = commands.get([program, ...args].join(" "));
  if (exact !== undefined) return exact;
  let best: RecordedCommand | null = null;
  let bestShared = -1;
  for (const [line, command] of commands) {
    if (programOf(line) !== program) continue;
    const words = new Set(line.trim().split(/\s+/).slice(1));
    const shared = args.filter((arg) => words.has(arg)).length;
    if (shared > bestShared) [best, bestShared] = [command, shared];
  }
  return best;
}

function replay(command: RecordedCommand | null): ToolResult {
  switch (command?.kind) {
    case "timeout":
      return { kind: "timeout", timeoutMs: 0 };
    case "flooded":
      return { kind: "flooded", limitBytes: 0 };
    case "failed":
      return { kind: "failed", reason: command.stderr ?? "" };
    case undefined:
      if (command === null) return { kind: "missing" };
      return {
        kind: "ended",
        exitCode: command.exitCode ?? 0,
        stdout: command.stdout,
        stderr: command.stderr ?? "",
      };
  }
}

function listRecorded(recording: Recording, path: string): readonly string[] | null {
  const below = `${path.replace(/\/+$/, "")}/`;
  const paths = Object.keys(recording.files ?? {}).filter((file) => file.startsWith(below));
  const names = paths.map((file) => file.slice(below.length).split("/")[0] ?? "");
  const told = recording.directories?.[path];
  return told === undefined && names.length === 0
    ? null
    : [...new Set([...(told ?? []), ...names])];
}
