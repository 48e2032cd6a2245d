import type { ProbeOutcome } from "../device/sighting.ts";
import { probeAscend } from "../ascend/probe-ascend.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeAcceleratorTool, type AcceleratorTool } from "./accelerator-tool.ts";
import { parseBmSmi } from "./parse-bm-smi.ts";
import { parseBrsmi } from "./parse-brsmi.ts";
import { parseHySmi } from "./parse-hy-smi.ts";
import { probeBus } from "./probe-bus.ts";
import { probeSharedNpus } from "./shared-npus.ts";
import { TABLE_TOOLS } from "./table-tools.ts";

const OTHER_TOOLS: readonly AcceleratorTool[] = [
  {
    vendor: "hygon",
    kind: "gpu",
    backend: "dtk",
    program: "hy-smi",
    arguments: ["--showproductname", "--showmeminfo", "vram", "--json"],
    unverified: false,
    parse: parseHySmi,
  },
  {
    vendor: "sophgo",
    kind: "npu",
    backend: "sophon",
    program: "bm-smi",
    arguments: ["--noloop"],
    unverified: false,
    parse: parseBmSmi,
  },
  {
    vendor: "biren",
    kind: "gpu",
    backend: "supa",
    program: "brsmi",
    arguments: [
      "gpu",
      "--query-gpu=index,memory.used,memory.free,name",
      "--format=csv,noheader,nounits",
    ],
    unverified: true,
    parse: parseBrsmi,
  },
];

/** NPUs and GPUs of vendors beside the large three: by their tools, then by bus and node, then those inside CPUs. */
export async function probeAccelerators(ports: ProbePorts): Promise<ProbeOutcome> {
  const [shared, ...told] = await Promise.all([
    probeSharedNpus(ports),
    probeAscend(ports),
    ...[...TABLE_TOOLS, ...OTHER_TOOLS].map((tool) => probeAcceleratorTool(ports, tool)),
  ]);
  const vendors = new Set(
    told.flatMap(({ sightings }) => sightings.map(({ device }) => device.vendor)),
  );
  const outcomes = [...told, await probeBus(ports, vendors), shared];
  return {
    sightings: outcomes.flatMap(({ sightings }) => sightings),
    warnings: outcomes.flatMap(({ warnings }) => warnings),
  };
}
