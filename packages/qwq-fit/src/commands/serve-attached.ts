import { startServer } from "@qwq-fit/engine";
import { loadCatalog } from "../catalog/load-catalog.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { prepareBeside } from "../join/beside-server.ts";
import { prepareLan } from "../lan/serve-lan.ts";
import { attachLocal } from "../local/attach-local.ts";
import type { Teller } from "../local/teller.ts";
import { untilStopped } from "../local/until-stopped.ts";
import type { ServeOptions } from "../options/local-options.ts";

/** `qwq-fit serve --attach URL`: our API, reasoning contract and queue in front of an engine that runs here already. */
export async function serveAttached(
  url: string,
  name: string | undefined,
  options: ServeOptions,
  io: CommandIo,
  teller: Teller,
): Promise<number> {
  const catalog = await loadCatalog(io.environment);
  // Not an option: what stands in a command line is seen by everybody on the machine.
  const engineKey = io.environment["QWQ_FIT_ATTACH_KEY"];
  const { engine, served, open } = await attachLocal(url, name, options, catalog, engineKey);
  const { info } = engine;
  const { contextTokens, slots, version } = info;
  const about = { engine: info.engine, version, model: served.id, contextTokens, slots };
  if (options.dryRun === true) {
    await engine.close();
    const value = { schemaVersion: 1, attach: url, ...about, capabilities: info.capabilities };
    io.out(`${JSON.stringify(value, null, options.json === true ? 0 : 2)}\n`);
    return EXIT.fits;
  }
  const text = `Attached to ${[info.engine, version].filter(Boolean).join(" ")} at ${url}, which runs ${served.id}.`;
  teller.event("attached", about, text);
  const lan = await prepareLan(options, io, teller);
  const beside = lan.with(await prepareBeside(lan.options, io, teller));
  const server = await startServer({
    ...lan.listen(served.aliases),
    open,
    model: served,
    plan: null,
    slots,
    ...(contextTokens === null ? {} : { contextTokens }),
  });
  return untilStopped(server, { contextTokens, slots }, teller, beside);
}
