import { lookUp } from "../device/look-up.ts";
import type { Backend } from "@qwq-fit/schema";
import { createDevice, type ProbeOutcome, type Sighting } from "../device/sighting.ts";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** NPUs inside processors, by the kernel driver behind their /dev/accel node. */
const DRIVERS: Readonly<Record<string, { vendor: string; name: string; backend: Backend }>> = {
  amdxdna: { vendor: "amd", name: "AMD Ryzen AI NPU (XDNA)", backend: "xdna" },
  intel_vpu: { vendor: "intel", name: "Intel AI Boost NPU", backend: "openvino" },
};

/**
 * NPUs that share the machine's memory: AMD's XDNA and Intel's by /sys/class/accel, Qualcomm's Hexagon by its FastRPC
 * node. No recorded tool tells of them: `unverified`.
 */
export async function probeSharedNpus(ports: ProbePorts): Promise<ProbeOutcome> {
  if (ports.platform !== "linux") return { sightings: [], warnings: [] };
  const [accelerators, nodes] = await Promise.all([
    ports.listDir("/sys/class/accel"),
    ports.listDir("/dev"),
  ]);
  const drivers = await Promise.all(
    (accelerators ?? []).slice(0, 64).map(async (name) => {
      const uevent = await ports.readFile(`/sys/class/accel/${name}/device/uevent`);
      return lookUp(DRIVERS, /^DRIVER=(\w{1,40})$/m.exec(uevent ?? "")?.[1] ?? "");
    }),
  );
  const found = drivers.filter((driver) => driver !== null);
  const hexagon = (nodes ?? []).some((name) => /^fastrpc-cdsp\d?$/.test(name));
  if (hexagon) {
    found.push({ vendor: "qualcomm", name: "Qualcomm Hexagon NPU", backend: "hexagon" });
  }
  return { sightings: found.map((each, index) => sight(each, index)), warnings: [] };
}

function sight(
  { vendor, name, backend }: { vendor: string; name: string; backend: Backend },
  index: number,
): Sighting {
  return {
    pciId: null,
    device: createDevice({
      id: `npu:${index}`,
      kind: "npu",
      vendor,
      name,
      backends: [backend],
      memoryBytes: null,
      memorySource: "unknown: it shares the machine's memory",
      unified: true,
      unverified: true,
      notes: ["seen by its driver only"],
    }),
  };
}
