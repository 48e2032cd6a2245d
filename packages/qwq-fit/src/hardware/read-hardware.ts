import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { resolveHardware, withCatalogFigures } from "@qwq-fit/planner";
import { replayHardware } from "@qwq-fit/profiler";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog, HardwareProfile } from "@qwq-fit/schema";

/** A recording of a large machine is some MiB; a file above this is something else. */
const MOST_BYTES = 32 * 1024 * 1024;

async function readProfile(path: string): Promise<HardwareProfile> {
  const found = await stat(path).catch((error: unknown) => {
    throw new QwqError("file_not_found", `${path} cannot be read`, {
      cause: error,
      hint: 'Name a file that `qwq-fit profile --record FILE` wrote, or a machine such as "RTX 4090".',
    });
  });
  if (!found.isFile() || found.size > MOST_BYTES) {
    throw new QwqError("invalid_configuration", `${path} is no hardware profile`, {
      hint: found.isFile() ? "It is too large for one." : "It is not a file.",
    });
  }
  const text = await readFile(path, "utf8");
  return profileIn(text, path);
}

/** The profile in a file: one that `profile --json` printed, a recording that is replayed, or a tool's saved output. */
async function profileIn(text: string, path: string): Promise<HardwareProfile> {
  const { isRecording, parseRecording, recordingOfOutput } = await import("./recording-schema.ts");
  const label = basename(path).replace(/\.json$/iu, "");
  const output = recordingOfOutput(text);
  if (output !== null) return replayHardware(output, { label });
  const value = parseJson(text, path);
  if (typeof value !== "object" || value === null) {
    throw new QwqError("invalid_configuration", `${path} is no hardware profile`);
  }
  if (isRecording(value)) {
    const recording = parseRecording(value);
    if ("fault" in recording) {
      throw new QwqError("invalid_configuration", `${path}: ${recording.fault} is not as recorded`);
    }
    return replayHardware(recording, { label });
  }
  const { hardwareProfile, validate } = await import("@qwq-fit/schema/validate");
  return validate(hardwareProfile, "profile" in value ? value.profile : value, path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new QwqError("invalid_configuration", `${path} is not JSON`, { cause: error });
  }
}

/**
 * The machine that `--hardware` names: a file with a recorded profile, or a label such as "2x RTX 3090".
 *
 * @throws {QwqError} `file_not_found`, `invalid_configuration`, `unknown_hardware`, `ambiguous_name`.
 */
export async function readHardware(name: string, catalog: Catalog): Promise<HardwareProfile> {
  if (/\.json$/iu.test(name) || /^[./~\\]/u.test(name) || existsSync(name)) {
    return withCatalogFigures(await readProfile(name), catalog);
  }
  const found = resolveHardware(name, catalog);
  switch (found.kind) {
    case "resolved":
      return found.hardware;
    case "ambiguous":
      throw new QwqError("ambiguous_name", `"${name}" may be several machines`, {
        hint: `Say which: ${found.candidates.join("; ")}.`,
        details: { candidates: found.candidates },
      });
    case "unknown":
      throw new QwqError("unknown_hardware", `No machine or device is called "${name}"`, {
        hint:
          found.near.length > 0
            ? `Did you mean ${found.near.join("; ")}?`
            : "Name a device of the catalogue, or a file from `qwq-fit profile --json`.",
        details: { near: found.near },
      });
  }
}
