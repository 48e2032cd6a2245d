import { existsSync, readFileSync } from "node:fs";
import type { DeviceProfile, HardwareProfile } from "@qwq-fit/schema";
import { probeHardware } from "../probe.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import type { Recording } from "../record/recording.ts";

/** Recorded tool outputs and data that stand beside a checkout of this repository, where they do. */
const SHARED = new URL("../../../../../shared/", import.meta.url);

export const SKIP_REASON = "skipped where ../shared does not stand beside the checkout";

/** Whether the recordings are there. */
export function hasShared(path: string): boolean {
  return existsSync(new URL(path, SHARED));
}

/** Text of a shared file. */
export function readShared(path: string): string {
  return readFileSync(new URL(path, SHARED), "utf8");
}

/** The profile of a recorded machine. */
export function profileOf(recording: Omit<Recording, "schemaVersion">): Promise<HardwareProfile> {
  return probeHardware({ ports: createRecordedPorts({ schemaVersion: 1, ...recording }) });
}

/** The devices of a machine of which only these tools' outputs are known. */
export async function devicesOf(
  outputs: Readonly<Record<string, string>>,
): Promise<readonly DeviceProfile[]> {
  const commands = Object.fromEntries(
    Object.entries(outputs).map(([line, stdout]) => [line, { stdout }]),
  );
  return (await profileOf({ commands })).devices;
}
