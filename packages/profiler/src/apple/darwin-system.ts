import type { OperatingSystem } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";
import { probeSysctl } from "./sysctl.ts";

/** macOS's version, and whether this process is translated by Rosetta. */
export async function probeDarwinSystem(
  ports: ProbePorts,
): Promise<Omit<OperatingSystem, "platform" | "architecture">> {
  const values = await probeSysctl(ports);
  const version = values.get("kern.osproductversion") ?? "";
  return {
    name: `macOS ${version}`.trim(),
    version,
    kernel: ports.facts.kernel,
    container: null,
    wsl: null,
    rosetta: values.get("sysctl.proc_translated") === "1",
  };
}
