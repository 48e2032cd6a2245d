import { listServers } from "@qwq-fit/engine";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { stateDirOf } from "../local/local-places.ts";
import type { LocalOptions } from "../options/local-options.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

/** `qwq-fit ps`: the servers of this user that run. Their tokens are not told. */
export async function ps(options: LocalOptions, io: CommandIo): Promise<number> {
  const found = await listServers(stateDirOf(options.stateDir, io.environment));
  const servers = found.map(({ state, status, phase }) => {
    const { id, model, baseUrl, pid, startedAt, planId } = state;
    return { id, model, baseUrl, pid, startedAt, planId, status, phase };
  });
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, servers })}\n`);
    return EXIT.fits;
  }
  if (servers.length === 0) io.out("No server runs. `qwq-fit serve` starts one.\n");
  else {
    const rows = servers.map(({ model, pid, phase, baseUrl }) => [
      model,
      String(pid),
      phase ?? "silent",
      baseUrl,
    ]);
    io.out(drawTable(["model", "pid", "state", "address"], rows, terminalOf(io)));
  }
  return EXIT.fits;
}
