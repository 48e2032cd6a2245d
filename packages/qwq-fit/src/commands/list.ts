import { listForeign } from "@qwq-fit/engine";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { bytesText } from "../local/find-binding.ts";
import { modelsFolder, placesOf, storeOf } from "../local/local-places.ts";
import type { ListOptions } from "../options/command-options.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

/** `qwq-fit list`: models on this machine, pulled ones and those that other programs keep. */
export async function list(options: ListOptions, io: CommandIo): Promise<number> {
  const { environment } = io;
  const [models, others] = await Promise.all([
    storeOf(environment).list(),
    listForeign(placesOf(environment)),
  ]);
  const folder = modelsFolder(environment);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, folder, models, others })}\n`);
    return EXIT.fits;
  }
  const rows = [
    ...models.map(({ id, files }) => [id, sizeText(files), files[0]?.foreign ?? "qwq-fit"]),
    ...others.map(({ name, file }) => [name, bytesText(file.bytes), file.foreign ?? ""]),
  ];
  if (rows.length === 0) io.out("No model is here. `qwq-fit pull` brings one.\n");
  else io.out(drawTable(["model", "size", "kept by"], rows, terminalOf(io)));
  return EXIT.fits;
}

function sizeText(files: readonly { readonly bytes: number }[]): string {
  return bytesText(files.reduce((sum, { bytes }) => sum + bytes, 0));
}
