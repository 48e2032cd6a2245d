import { createDevice, NOTHING, type ProbeOutcome, type Sighting } from "../device/sighting.ts";
import { toolWarning, unreadableWarning } from "../device/tool-warning.ts";
import type { ProbePorts, ToolResult } from "../ports/probe-ports.ts";
import {
  parseNpuMapping,
  parseNpuSmi,
  type AscendChip,
  type AscendMapping,
  type AscendReport,
} from "./parse-npu-smi.ts";

const HINT =
  "run `npu-smi info` by hand; in a container mount /usr/local/Ascend/driver and the davinci devices";

const UNKNOWN_CHIP = {
  physicalId: null,
  pciAddress: null,
  memoryBytes: null,
  usedBytes: null,
  processes: [],
} as const;

/** Huawei Ascend chips, by `npu-smi`. */
export async function probeAscend(ports: ProbePorts): Promise<ProbeOutcome> {
  const [info, mapping] = await Promise.all([
    ports.run("npu-smi", ["info"]),
    ports.run("npu-smi", ["info", "-m"]),
  ]);
  if (info.kind === "missing") return NOTHING;
  const warning = toolWarning("npu-smi", info, HINT);
  if (info.kind !== "ended" || info.exitCode !== 0) {
    return { sightings: [], warnings: warning === null ? [] : [explainFailure(info, warning)] };
  }
  const parsed = parseNpuSmi(info.stdout);
  const names = parseNpuMapping(mapping.kind === "ended" ? mapping.stdout : "");
  if (parsed.kind === "unreadable") {
    // The list of chips still tells what is there.
    const chips = names.map((each) => ({ ...UNKNOWN_CHIP, ...each }));
    return {
      sightings: createAscendSightings({ version: null, chips }, names),
      warnings: [unreadableWarning("npu-smi", parsed.reason, HINT)],
    };
  }
  return { sightings: createAscendSightings(parsed.value, names), warnings: [] };
}

/** Every chip is a device: an engine places a model on chips, not on cards. */
export function createAscendSightings(
  { version, chips }: AscendReport,
  mapping: readonly AscendMapping[],
): readonly Sighting[] {
  return chips.map((chip) => {
    const siblings = chips.filter((each) => each.npu === chip.npu).length;
    return {
      pciId: null,
      device: createDevice({
        id: `ascend:${chip.npu}:${chip.chip}`,
        kind: "npu",
        vendor: "huawei",
        name: nameChip(chip, siblings, mapping),
        backends: ["cann"],
        memoryBytes: chip.memoryBytes,
        freeBytes:
          chip.memoryBytes === null ? null : Math.max(0, chip.memoryBytes - (chip.usedBytes ?? 0)),
        memorySource: "npu-smi info",
        driver: version,
        pciAddress: chip.pciAddress,
        processes: chip.processes,
        notes: describePlace(chip, siblings),
      }),
    };
  });
}

/** "Ascend 910B4" from "910B4"; "xxx" is what manuals and masked outputs print: then the mapping's name. */
function nameChip(chip: AscendChip, siblings: number, mapping: readonly AscendMapping[]): string {
  const mapped = mapping.find((each) => each.npu === chip.npu && each.chip === chip.chip)?.name;
  const told = /^x+$/i.test(chip.name) ? (mapped ?? "") : chip.name;
  if (told === "") return "Ascend NPU";
  // Atlas A3 prints "Ascend910" for each of the two dies of a 910C.
  if (/^Ascend910$/i.test(told) && siblings === 2) return "Ascend910 (910C)";
  return /^ascend/i.test(told) ? told : `Ascend ${told}`;
}

function describePlace(chip: AscendChip, siblings: number): readonly string[] {
  if (siblings < 2) return [];
  const duo = /310P/.test(chip.name) ? " (Atlas 300I Duo)" : "";
  return [`chip ${chip.chip} of ${siblings} on card ${chip.npu}${duo}`];
}

function explainFailure(
  result: ToolResult,
  warning: NonNullable<ReturnType<typeof toolWarning>>,
): typeof warning {
  const text = result.kind === "ended" ? result.stdout + result.stderr : "";
  if (!/dcmi|shared object|libc_sec|-8005/i.test(text)) return warning;
  return {
    code: "ascend_driver_missing",
    message: "npu-smi cannot reach the Ascend driver",
    hint: HINT,
  };
}
