import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { bytesText } from "../local/find-binding.ts";
import { storeOf } from "../local/local-places.ts";
import type { ListOptions } from "../options/command-options.ts";

/** `qwq-fit rm`: removes models that were pulled; other programs' files stay. */
export async function rm(
  names: readonly string[],
  options: ListOptions,
  io: CommandIo,
): Promise<number> {
  const store = storeOf(io.environment);
  const removed: { name: string; freedBytes: number }[] = [];
  for (const name of names) {
    // One after the other: each reads what is left.
    // oxlint-disable-next-line no-await-in-loop
    const freedBytes = await store.remove(name);
    removed.push({ name, freedBytes });
    if (options.json !== true) {
      io.out(`${name} is removed; ${bytesText(freedBytes)} are free again.\n`);
    }
  }
  if (options.json === true) io.out(`${JSON.stringify({ schemaVersion: 1, removed })}\n`);
  return EXIT.fits;
}
