import { hostname } from "node:os";
import type { HardwareProfile } from "@qwq-fit/schema";
import { createNodePorts } from "../ports/node-ports.ts";
import { probeHardware } from "../probe.ts";
import type { ProbeOptions } from "../probe.ts";
import { createRecordedPorts } from "./recorded-ports.ts";
import { createRecordingPorts } from "./recording-ports.ts";
import type { Recording } from "./recording.ts";
import { createScrub } from "./scrub.ts";

/** A machine with the raw outputs that its profile was read from. */
export interface RecordedHardware {
  readonly profile: HardwareProfile;
  readonly recording: Recording;
}

/**
 * Probes this machine and keeps what its tools and files said, without serial numbers, UUIDs, the machine's name and the
 * user's folder. The profile is the one that the recording replays to.
 */
export async function recordHardware(options: ProbeOptions = {}): Promise<RecordedHardware> {
  const ports = options.ports ?? createNodePorts();
  const scrub = createScrub(ports.facts.homeDirectory, hostname());
  const recorder = createRecordingPorts(ports, scrub);
  await probeHardware({ ...options, ports: recorder.ports });
  const recording = recorder.recording();
  return { profile: await replayHardware(recording, options), recording };
}

/** The profile of a recorded machine, read by today's probes. */
export function replayHardware(
  recording: Recording,
  options: Omit<ProbeOptions, "ports"> = {},
): Promise<HardwareProfile> {
  return probeHardware({ ...options, ports: createRecordedPorts(recording) });
}
