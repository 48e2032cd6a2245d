import { linesOf } from "../device/lines.ts";
import type { OperatingSystem } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** `KEY="value"` of /etc/os-release. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/.exec(line.trim());
    if (match !== null) values.set(match[1] ?? "", match[2] ?? match[3] ?? match[4] ?? "");
  }
  return values;
}

/** WSL 1 has kernel names like "4.4.0-19041-Microsoft", WSL 2 like "5.15.90.1-microsoft-standard-WSL2". */
export function parseWsl(kernel: string): 1 | 2 | null {
  if (!/microsoft/i.test(kernel)) return null;
  return /wsl2|microsoft-standard/i.test(kernel) ? 2 : 1;
}

/** Which container runtime a process's groups name. */
export function parseContainerGroup(cgroup: string): string | null {
  if (/kubepods/.test(cgroup)) return "kubernetes";
  if (/\bdocker[-/]/.test(cgroup)) return "docker";
  if (/libpod|podman/.test(cgroup)) return "podman";
  if (/\/lxc[./]/.test(cgroup)) return "lxc";
  if (/cri-containerd|containerd/.test(cgroup)) return "containerd";
  return null;
}

async function probeContainer(ports: ProbePorts): Promise<string | null> {
  if (ports.environment("KUBERNETES_SERVICE_HOST") !== undefined) return "kubernetes";
  const [docker, podman, systemd, cgroup] = await Promise.all([
    ports.readFile("/.dockerenv"),
    ports.readFile("/run/.containerenv"),
    ports.readFile("/run/systemd/container"),
    ports.readFile("/proc/1/cgroup"),
  ]);
  if (podman !== null) return "podman";
  if (docker !== null) return "docker";
  const named = systemd?.trim() ?? ports.environment("container") ?? "";
  return named !== "" ? named.slice(0, 40) : parseContainerGroup(cgroup ?? "");
}

/** Name, kernel, container and WSL of a Linux machine. */
export async function probeLinuxSystem(
  ports: ProbePorts,
): Promise<Pick<OperatingSystem, "name" | "version" | "kernel" | "container" | "wsl" | "rosetta">> {
  const [osRelease, procKernel, container] = await Promise.all([
    ports.readFile("/etc/os-release"),
    ports.readFile("/proc/sys/kernel/osrelease"),
    probeContainer(ports),
  ]);
  const values = parseOsRelease(osRelease ?? "");
  const kernel = procKernel?.trim() ?? ports.facts.kernel;
  return {
    name: values.get("PRETTY_NAME") ?? values.get("NAME") ?? "Linux",
    version: values.get("VERSION_ID") ?? "",
    kernel,
    container,
    wsl: parseWsl(kernel),
    rosetta: false,
  };
}
