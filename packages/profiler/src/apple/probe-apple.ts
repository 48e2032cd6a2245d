import type { ProbeWarning } from "@qwq-fit/schema";
import { NOTHING, type ProbeOutcome } from "../device/sighting.ts";
import { toolWarning, unreadableWarning } from "../device/tool-warning.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { createMetalSighting, METAL_SCRIPT, parseDisplays, parseMetal } from "./parse-metal.ts";
import { probeSysctl } from "./sysctl.ts";

const HINT =
  "without Metal's limit the GPU cannot be planned for; run `qwq-fit profile` in a login session";

/** The GPU of a Mac: Metal's limit by JavaScript for Automation, names and cores by `system_profiler`. */
export async function probeApple(ports: ProbePorts): Promise<ProbeOutcome> {
  if (ports.platform !== "darwin") return NOTHING;
  const [script, displays, values] = await Promise.all([
    ports.run("osascript", ["-l", "JavaScript", "-e", METAL_SCRIPT]),
    ports.run("system_profiler", ["SPDisplaysDataType", "-json"]),
    probeSysctl(ports),
  ]);
  const metal = script.kind === "ended" && script.exitCode === 0 ? parseMetal(script.stdout) : null;
  const adapters = displays.kind === "ended" ? parseDisplays(displays.stdout) : [];
  const sighting = createMetalSighting(
    metal?.kind === "parsed" ? metal.value : null,
    adapters,
    values,
  );
  const warnings: ProbeWarning[] = [];
  const failure = toolWarning("osascript", script, HINT);
  if (failure !== null) warnings.push(failure);
  if (metal?.kind === "unreadable") {
    warnings.push(unreadableWarning("osascript", metal.reason, HINT));
  }
  return { sightings: sighting === null ? [] : [sighting], warnings };
}
