import { hostname } from "node:os";
import { browseLan, openMdns } from "@qwq-fit/engine";
import type { LanService } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { lanOrigin, pairWith } from "../lan/call-lan.ts";
import { BROWSE_MS } from "../lan/find-paired.ts";
import { keepPaired, readPaired } from "../lan/paired-file.ts";
import { stateDirOf } from "../local/local-places.ts";
import type { PairOptions } from "../options/join-options.ts";
import { announce } from "../view/progress.ts";
import { drawTable } from "../view/table.ts";
import { terminalOf } from "../view/terminal.ts";

const originOf = ({ addresses, port }: LanService): string =>
  `http://${addresses[0] ?? "127.0.0.1"}:${port}`;

/** `qwq-fit pair`: this machine may use a server in its network from now on. */
export async function pair(
  code: string | undefined,
  options: PairOptions,
  io: CommandIo,
): Promise<number> {
  const stateDir = stateDirOf(options.stateDir, io.environment);
  if (options.list === true) return list(stateDir, options, io);
  if (code === undefined) {
    throw new QwqError("usage", "pairing needs the server's code", {
      hint: "It is printed there by `qwq-fit serve --lan`; `qwq-fit pair --list` tells what is found.",
    });
  }
  const origin = options.url === undefined ? await findOne(io) : await lanOrigin(options.url);
  const name = options.name ?? hostname().replace(/\.local$/u, "");
  const paired = await pairWith(origin, code, name);
  await keepPaired(stateDir, paired);
  const { instance, name: server, model } = paired;
  const url = `${origin}/v1`;
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, instance, name: server, model, url })}\n`);
  } else {
    io.out(`Paired with ${server} at ${url}, which serves ${model}.\n`);
    io.note("In a program: createClient({ model, lan: true }).\n");
  }
  return EXIT.fits;
}

/** The servers that answer now. @throws {QwqError} `network` where this machine has no multicast */
async function browse(io: CommandIo): Promise<LanService[]> {
  const port = await openMdns();
  if (port === null) {
    throw new QwqError("network", "mDNS is not to be had on this machine", {
      hint: "Pass --url as `qwq-fit serve --lan` printed it.",
    });
  }
  const done = announce("Looking for servers in this network", io);
  try {
    return await browseLan(port, { forMs: BROWSE_MS });
  } finally {
    done();
    await port.close();
  }
}

/** The one server there is: a code is told to nobody else. */
async function findOne(io: CommandIo): Promise<string> {
  const found = await browse(io);
  const [only] = found;
  if (found.length === 1 && only !== undefined) return originOf(only);
  if (found.length === 0) {
    throw new QwqError("network", "no server was found in this network", {
      hint: "Does `qwq-fit serve --lan` run there? --url names it where the network lets no mDNS through.",
    });
  }
  const names = found.map((one) => `${one.name} (${one.model}) at ${originOf(one)}`);
  throw new QwqError("usage", "several servers are in this network", {
    hint: `Name the one that printed the code with --url: ${names.join(", ")}.`,
  });
}

async function list(stateDir: string, options: PairOptions, io: CommandIo): Promise<number> {
  const paired = readPaired(stateDir);
  const found = await browse(io);
  const known = new Set(paired.map(({ instance }) => instance));
  const seen = new Set(found.map(({ instance }) => instance));
  const servers = [
    ...found.map((one) => ({
      instance: one.instance,
      name: one.name,
      model: one.model,
      url: `${originOf(one)}/v1`,
      found: true,
      paired: known.has(one.instance),
    })),
    ...paired
      .filter(({ instance }) => !seen.has(instance))
      .map(({ instance, name, model, origin }) => ({
        instance,
        name,
        model,
        url: `${origin}/v1`,
        found: false,
        paired: true,
      })),
  ];
  if (options.json === true) io.out(`${JSON.stringify({ schemaVersion: 1, servers })}\n`);
  else if (servers.length === 0) io.out("No server was found in this network.\n");
  else {
    const rows = servers.map((one) => [
      one.name,
      one.model,
      one.url,
      one.found ? "here" : "not seen",
      one.paired ? "paired" : "",
    ]);
    io.out(drawTable(["name", "model", "address", "seen", "paired"], rows, terminalOf(io)));
  }
  return EXIT.fits;
}
