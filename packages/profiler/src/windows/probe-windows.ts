import { NOTHING, type ProbeOutcome } from "../device/sighting.ts";
import { toolWarning } from "../device/tool-warning.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { ADAPTER_SCRIPT, createAdapterSightings, parseAdapterLines } from "./adapters.ts";

/** PowerShell takes seconds to start on a cold machine. */
const POWERSHELL_TIMEOUT_MS = 10_000;

/** Display adapters of a Windows machine, by registry and CIM through PowerShell. */
export async function probeWindowsAdapters(ports: ProbePorts): Promise<ProbeOutcome> {
  if (ports.platform !== "win32") return NOTHING;
  const result = await ports.run(
    "powershell",
    ["-NoProfile", "-NonInteractive", "-Command", ADAPTER_SCRIPT],
    { timeoutMs: POWERSHELL_TIMEOUT_MS },
  );
  const warning = toolWarning(
    "powershell",
    result,
    "GPUs other than NVIDIA's are read through PowerShell; allow it to run",
  );
  const lines = result.kind === "ended" ? parseAdapterLines(result.stdout) : [];
  return {
    sightings: createAdapterSightings(lines),
    warnings: warning === null ? [] : [warning],
  };
}
