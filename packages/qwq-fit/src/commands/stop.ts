import { listServers, stopServer } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { stateDirOf } from "../local/local-places.ts";
import type { StopOptions } from "../options/local-options.ts";

/** `qwq-fit stop`: ends servers and waits until they are gone; without a name the only one there is. */
export async function stop(
  name: string | undefined,
  options: StopOptions,
  io: CommandIo,
): Promise<number> {
  const stateDir = stateDirOf(options.stateDir, io.environment);
  const names = name === undefined ? await namesOf(stateDir, options.all === true) : [name];
  const stopped: string[] = [];
  for (const one of names) {
    // One after the other, so that a fault tells which were stopped.
    // oxlint-disable-next-line no-await-in-loop
    const state = await stopServer(stateDir, one);
    if (state === null) {
      throw new QwqError("invalid_value", `no server is called ${one}`, {
        hint: "`qwq-fit ps` lists those that run.",
      });
    }
    stopped.push(state.id);
    if (options.json !== true) io.out(`${state.model} (pid ${state.pid}) is stopped.\n`);
  }
  if (options.json === true) io.out(`${JSON.stringify({ schemaVersion: 1, stopped })}\n`);
  else if (stopped.length === 0) io.out("No server runs.\n");
  return EXIT.fits;
}

async function namesOf(stateDir: string, all: boolean): Promise<string[]> {
  const ids = (await listServers(stateDir)).map(({ state }) => state.id);
  if (all || ids.length < 2) return ids;
  throw new QwqError("ambiguous_name", "several servers run", {
    hint: `Name one of ${ids.join(", ")}, or pass --all.`,
    details: { servers: ids },
  });
}
