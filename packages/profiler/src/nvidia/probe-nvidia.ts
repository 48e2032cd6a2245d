import type { ProbeWarning } from "@qwq-fit/schema";
import { NOTHING, type ProbeOutcome, type Sighting } from "../device/sighting.ts";
import { toolWarning, unreadableWarning } from "../device/tool-warning.ts";
import type { ProbePorts, ToolResult } from "../ports/probe-ports.ts";
import { parseComputeCapabilities, parseMigProfiles, parseNvidiaSmi } from "./parse-nvidia-smi.ts";

const HINT = "run `nvidia-smi -q -x` by hand; without it NVIDIA GPUs are not used";

/** NVIDIA GPUs and MIG slices, by `nvidia-smi`. */
export async function probeNvidia(ports: ProbePorts): Promise<ProbeOutcome> {
  if ((await ports.find("nvidia-smi")) === null) return NOTHING;
  const [result, capabilities] = await Promise.all([
    ports.run("nvidia-smi", ["-q", "-x"]),
    ports.run("nvidia-smi", ["--query-gpu=index,compute_cap", "--format=csv,noheader"]),
  ]);
  const failure = explainFailure(result);
  if (failure !== null || result.kind !== "ended") {
    return { sightings: [], warnings: failure === null ? [] : [failure] };
  }
  const report = parseNvidiaSmi(result.stdout);
  if (report.kind === "unreadable") {
    return { sightings: [], warnings: [unreadableWarning("nvidia-smi", report.reason, HINT)] };
  }
  const { sightings, emptyMigCards, cut } = report.value;
  const warnings: ProbeWarning[] = emptyMigCards.map((name) => ({
    code: "nvidia_mig_empty",
    message: `${name} is in MIG mode and has no slice`,
    hint: "make a slice with `nvidia-smi mig -cgi`, or leave MIG mode with `nvidia-smi -mig 0`",
  }));
  if (cut) warnings.push(unreadableWarning("nvidia-smi", "the output ends early", HINT));
  return {
    sightings: await nameSlices(ports, withCapabilities(sightings, outputOf(capabilities))),
    warnings,
  };
}

function outputOf(result: ToolResult): string {
  return result.kind === "ended" ? result.stdout : "";
}

function withCapabilities(sightings: readonly Sighting[], csv: string): readonly Sighting[] {
  const known = parseComputeCapabilities(csv);
  return sightings.map((sighting) => {
    const card = sighting.device.id.split(":").slice(0, 2).join(":");
    return {
      ...sighting,
      device: { ...sighting.device, computeCapability: known.get(card) ?? null },
    };
  });
}

/** The XML has no profile names of slices; `nvidia-smi -L` has. */
async function nameSlices(
  ports: ProbePorts,
  sightings: readonly Sighting[],
): Promise<readonly Sighting[]> {
  if (!sightings.some(({ device }) => device.id.split(":").length === 3)) return sightings;
  const profiles = parseMigProfiles(outputOf(await ports.run("nvidia-smi", ["-L"])));
  return sightings.map((sighting) => {
    const profile = profiles.get(sighting.device.id);
    if (profile === undefined) return sighting;
    const name = sighting.device.name.replace(/ MIG \d+$/, ` MIG ${profile}`);
    return { ...sighting, device: { ...sighting.device, name } };
  });
}

/** The failures that NVIDIA's driver is known for, each with its cure; null where the tool worked. */
export function explainFailure(result: ToolResult): ProbeWarning | null {
  const warning = toolWarning("nvidia-smi", result, HINT);
  if (warning === null || result.kind !== "ended") return warning;
  const text = result.stdout + result.stderr;
  if (/Driver\/library version mismatch/i.test(text)) {
    return {
      code: "nvidia_driver_mismatch",
      message: "the loaded NVIDIA kernel module and its library are of different versions",
      hint: "restart the machine, or unload and load the nvidia kernel modules",
    };
  }
  if (/couldn't communicate with the NVIDIA driver/i.test(text)) {
    return {
      code: "nvidia_driver_not_loaded",
      message: "nvidia-smi is installed and the NVIDIA driver is not loaded",
      hint: "install the driver for this kernel and restart",
    };
  }
  if (/GPU is lost/i.test(text)) {
    return {
      code: "nvidia_gpu_lost",
      message: "a GPU has fallen off the bus",
      hint: "restart the machine; if it comes back, look at power and cooling",
    };
  }
  if (/No devices were found/i.test(text)) {
    return {
      code: "nvidia_no_devices",
      message: "nvidia-smi found no device",
      hint: "in a container, start it with the GPUs passed in (--gpus all)",
    };
  }
  return warning;
}
