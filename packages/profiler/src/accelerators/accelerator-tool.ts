import type { Backend, ProbeWarning } from "@qwq-fit/schema";
import { createDevice, type Parsed, type ProbeOutcome } from "../device/sighting.ts";
import { toolWarning, unreadableWarning } from "../device/tool-warning.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** One device in a vendor tool's table. */
export interface AcceleratorRow {
  readonly index: string;
  readonly name: string;
  readonly pciAddress: string | null;
  readonly memoryBytes: number | null;
  readonly usedBytes: number | null;
}

export interface AcceleratorReport {
  readonly driver: string | null;
  readonly rows: readonly AcceleratorRow[];
}

/** A vendor's tool and how its text is read. */
export interface AcceleratorTool {
  readonly vendor: string;
  readonly kind: "gpu" | "npu";
  readonly backend: Backend;
  readonly program: string;
  readonly arguments: readonly string[];
  /** True where no output of this tool was seen recorded. */
  readonly unverified: boolean;
  readonly parse: (text: string) => Parsed<AcceleratorReport>;
}

/** Devices by one vendor's tool; nothing where it is not installed. */
export async function probeAcceleratorTool(
  ports: ProbePorts,
  tool: AcceleratorTool,
): Promise<ProbeOutcome> {
  const result = await ports.run(tool.program, tool.arguments);
  const hint = `run \`${tool.program} ${tool.arguments.join(" ")}\` by hand`;
  const warnings: ProbeWarning[] = [];
  const failure = toolWarning(tool.program, result, hint);
  if (failure !== null) warnings.push(failure);
  if (failure !== null || result.kind !== "ended") return { sightings: [], warnings };
  const parsed = tool.parse(result.stdout);
  if (parsed.kind === "unreadable") {
    return { sightings: [], warnings: [unreadableWarning(tool.program, parsed.reason, hint)] };
  }
  const { driver, rows } = parsed.value;
  const sightings = rows.map((row) => ({
    pciId: null,
    device: createDevice({
      id: `${tool.vendor}:${row.index}`,
      kind: tool.kind,
      vendor: tool.vendor,
      name: row.name,
      backends: [tool.backend],
      memoryBytes: row.memoryBytes,
      freeBytes:
        row.memoryBytes === null || row.usedBytes === null
          ? null
          : Math.max(0, row.memoryBytes - row.usedBytes),
      memorySource:
        row.memoryBytes === null ? `unknown: not told by ${tool.program}` : tool.program,
      driver,
      pciAddress: row.pciAddress,
      unverified: tool.unverified,
    }),
  }));
  return { sightings, warnings };
}

/** The report, or why it is none. */
export function reportRows(
  driver: string | null,
  rows: readonly AcceleratorRow[],
  program: string,
): Parsed<AcceleratorReport> {
  return rows.length === 0
    ? { kind: "unreadable", reason: `no device in ${program}'s output` }
    : { kind: "parsed", value: { driver, rows } };
}
