import { linesOf } from "../device/lines.ts";
import { parseCount } from "../device/sizes.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** Values of `sysctl` by name. */
export type SysctlValues = ReadonlyMap<string, string>;

/** What is asked for: whole subtrees, since a name that this macOS does not know would fail a list of names. */
const NAMES = [
  "hw",
  "machdep.cpu",
  "iogpu",
  "vm.swapusage",
  "sysctl.proc_translated",
  "kern.osproductversion",
] as const;

/** Reads "name: value" lines; unknown names make `sysctl` fail after it has printed the others. */
export function parseSysctl(text: string): SysctlValues {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const match = /^([\w.]{1,100})(?:: ?| = )(.*)$/.exec(line.trimEnd());
    if (match !== null) values.set(match[1] ?? "", (match[2] ?? "").trim());
  }
  return values;
}

/** The values that the probes of a Mac need; empty where `sysctl` does not work. */
export async function probeSysctl(ports: ProbePorts): Promise<SysctlValues> {
  const result = await ports.run("sysctl", NAMES);
  return parseSysctl(result.kind === "ended" ? result.stdout : "");
}

/** A whole number among the values, or null. */
export function sysctlNumber(values: SysctlValues, name: string): number | null {
  return parseCount(values.get(name));
}
