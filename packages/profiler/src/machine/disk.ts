import type { HardwareProfile } from "@qwq-fit/schema";
import type { ProbePorts } from "../ports/probe-ports.ts";

/** Where models are kept when nothing else is said: the platform's cache folder for this user. */
export function defaultModelDirectory(ports: ProbePorts): string {
  const home = ports.facts.homeDirectory;
  if (ports.platform === "win32") {
    return `${ports.environment("LOCALAPPDATA") ?? `${home}\\AppData\\Local`}\\qwq-fit`;
  }
  if (ports.platform === "darwin") return `${home}/Library/Caches/qwq-fit`;
  return `${ports.environment("XDG_CACHE_HOME") ?? `${home}/.cache`}/qwq-fit`;
}

/** Space where models go; null where the system does not tell. */
export async function probeDisk(
  ports: ProbePorts,
  directory: string = defaultModelDirectory(ports),
): Promise<HardwareProfile["disk"]> {
  const space = await ports.disk(directory);
  return space === null ? null : { path: directory, ...space };
}
