import type { Recording } from "@qwq-fit/profiler";
import * as z from "zod/mini";

const text = z.string();
const count = z.number().check(z.nonnegative());
const texts = z.record(text, text);

/** A recorded machine, as `profile --record` writes it; what is more is left aside, what is missing was not there. */
const schema = z.object({
  schemaVersion: z.literal(1),
  platform: z.optional(text),
  architecture: z.optional(text),
  commands: z.optional(
    z.record(
      text,
      z.object({
        stdout: text,
        stderr: z.optional(text),
        exitCode: z.optional(z.number()),
        kind: z.optional(z.enum(["timeout", "flooded", "failed"])),
      }),
    ),
  ),
  files: z.optional(texts),
  directories: z.optional(z.record(text, z.array(text))),
  environment: z.optional(texts),
  http: z.optional(
    z.record(text, z.object({ status: z.number(), server: z.nullable(text), body: text })),
  ),
  programs: z.optional(texts),
  disks: z.optional(z.record(text, z.object({ freeBytes: count, totalBytes: count }))),
  facts: z.optional(
    z.partial(
      z.object({
        kernel: text,
        osVersion: text,
        cpuModels: z.array(text),
        totalBytes: count,
        freeBytes: count,
        usableCores: count,
        homeDirectory: text,
      }),
    ),
  ),
  battery: z.optional(
    z.nullable(
      z.object({ present: z.boolean(), onMains: z.boolean(), percent: z.nullable(count) }),
    ),
  ),
  cpuDetails: z.optional(
    z.nullable(
      z.object({
        vendor: z.nullable(text),
        physicalCores: z.nullable(count),
        performanceCores: z.nullable(count),
        efficiencyCores: z.nullable(count),
        cacheBytes: z.object({
          l1d: z.nullable(count),
          l2: z.nullable(count),
          l3: z.nullable(count),
        }),
        instructionSets: z.array(text),
      }),
    ),
  ),
});

/** Whether a value is meant as a recording: it holds outputs of tools, or files. */
export function isRecording(value: object): boolean {
  return "commands" in value || "files" in value;
}

/** The recording in a value, or what is wrong with it. */
export function parseRecording(value: unknown): Recording | { readonly fault: string } {
  const parsed = z.safeParse(schema, value);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    return { fault: first === undefined ? "" : first.path.map(String).join(".") };
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema is that of the type, but for undefined
  return parsed.data as Recording;
}

/** Tools whose output alone is a machine's description: how it begins, and the command that prints it. */
const TOOLS: readonly (readonly [begins: RegExp, command: string])[] = [
  [
    /^\s*<\?xml[^>]*>\s*(?:<!DOCTYPE nvidia_smi_log[^>]*>\s*)?<nvidia_smi_log>/u,
    "nvidia-smi -q -x",
  ],
  [/^\s*\+-+\+\s*\n\|\s*npu-smi/u, "npu-smi info"],
];

/** The recording that a tool's saved output is, or null for any other text. */
export function recordingOfOutput(output: string): Recording | null {
  const found = TOOLS.find(([begins]) => begins.test(output));
  if (found === undefined) return null;
  return { schemaVersion: 1, commands: { [found[1]]: { stdout: output, exitCode: 0 } } };
}
