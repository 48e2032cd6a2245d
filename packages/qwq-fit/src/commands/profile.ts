import { writeFile } from "node:fs/promises";
import { recordHardware } from "@qwq-fit/profiler";
import { QwqError } from "@qwq-fit/schema";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { probeHardware } from "../hardware/probe-hardware.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import type { ProfileOptions } from "../options/command-options.ts";
import { textFor } from "../text/text-for.ts";
import { drawProfile } from "../view/profile-view.ts";
import { withProgress } from "../view/progress.ts";
import { terminalOf } from "../view/terminal.ts";

/** Writes this machine's profile with the outputs of tools that it was read from, without serial numbers and names. */
async function record(path: string, io: CommandIo): Promise<void> {
  const { profile: recorded, recording } = await withProgress(
    "Recording this machine",
    recordHardware(),
    io,
  );
  const text = `${JSON.stringify({ ...recording, profile: recorded }, null, 2)}\n`;
  await writeFile(path, text).catch((error: unknown) => {
    throw new QwqError("invalid_value", `${path} cannot be written`, { cause: error });
  });
}

/** `qwq-fit profile`: the machine as the planner sees it. */
export async function profile(options: ProfileOptions, io: CommandIo): Promise<number> {
  const catalog = await loadCatalog();
  if (options.record !== undefined) await record(options.record, io);
  const hardware =
    options.hardware === undefined
      ? await withProgress("Looking at this machine", probeHardware({ catalog }), io)
      : await readHardware(options.hardware, catalog);
  if (options.json === true) io.out(`${JSON.stringify(hardware)}\n`);
  else
    io.out(
      drawProfile(
        hardware,
        options.explain === true,
        await textFor(io, options.lang),
        terminalOf(io),
      ),
    );
  return EXIT.fits;
}
