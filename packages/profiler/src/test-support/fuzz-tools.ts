import type { HardwareProfile } from "@qwq-fit/schema";
import { hardwareProfile, validate } from "@qwq-fit/schema/validate";
import { probeHardware } from "../probe.ts";
import { createRecordedPorts } from "../record/recorded-ports.ts";
import type { RecordedCommand, Recording } from "../record/recording.ts";
import type { LocalResponse } from "../ports/probe-ports.ts";
import { createRandom, mutate } from "./mutate.ts";
import { TOOL_SAMPLES } from "./tool-samples.ts";

const PLATFORMS: readonly string[] = ["linux", "linux", "linux", "darwin", "win32", "freebsd"];

/** A machine on which these tools, files and servers say these texts. */
export function machineOf(texts: Readonly<Record<string, string>>, platform: string): Recording {
  const commands: Record<string, RecordedCommand> = {};
  const files: Record<string, string> = {};
  const http: Record<string, LocalResponse> = {};
  for (const [key, text] of Object.entries(texts)) {
    if (key.startsWith("/")) files[key] = text;
    else if (/^\d+\//.test(key)) http[key] = { status: 200, server: null, body: text };
    else commands[key] = { stdout: text };
  }
  return { schemaVersion: 1, platform, commands, files, http };
}

export interface ToolFuzzReport {
  readonly cases: number;
  readonly slowestMs: number;
  readonly slowestText: string;
  readonly devices: number;
  readonly warnings: number;
}

/** Probes a machine of hostile texts and holds what comes against the schema and the rules of a profile. */
export async function probeHostile(recording: Recording): Promise<HardwareProfile> {
  const profile = validate(
    hardwareProfile,
    await probeHardware({ ports: createRecordedPorts(recording) }),
    "profile",
  );
  const ids = profile.devices.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw new Error(`ids twice: ${ids.join(" ")}`);
  for (const { id, freeBytes, memoryBytes } of profile.devices) {
    if (freeBytes !== null && memoryBytes !== null && freeBytes > memoryBytes) {
      throw new Error(`${id} has more free than it has`);
    }
  }
  for (const { code, hint } of profile.warnings) {
    if (hint === null || hint === "") throw new Error(`${code} has no cure`);
  }
  const { limitBytes, totalBytes } = profile.memory;
  if (limitBytes > totalBytes) throw new Error("a limit above the machine's memory");
  return profile;
}

/** Tries `cases` machines, in each of which about a third of all texts were changed. */
export async function fuzzTools(cases: number, seed: number): Promise<ToolFuzzReport> {
  const random = createRandom(seed);
  const samples = Object.entries(TOOL_SAMPLES);
  let slowestMs = 0;
  let slowestText = "";
  let devices = 0;
  let warnings = 0;
  for (let done = 0; done < cases; done++) {
    const platform = PLATFORMS[Math.floor(random() * PLATFORMS.length)] ?? "linux";
    const texts = Object.fromEntries(
      samples.flatMap(([key, text]) => {
        const lot = random();
        if (lot < 0.2) return [];
        return [[key, lot < 0.55 ? mutate(text, random) : text] as const];
      }),
    );
    const recording = machineOf(texts, platform);
    const started = performance.now();
    const profile = await probeHostile(recording).catch((error: unknown) => {
      throw new Error(`case ${done} of seed ${seed}: ${JSON.stringify(recording).slice(0, 4000)}`, {
        cause: error,
      });
    });
    const spent = performance.now() - started;
    if (spent > slowestMs) [slowestMs, slowestText] = [spent, `case ${done}`];
    devices += profile.devices.length;
    warnings += profile.warnings.length;
  }
  return { cases, slowestMs, slowestText, devices, warnings };
}
