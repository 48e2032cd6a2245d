import { hostname } from "node:os";
import { browseLan, listLanPairings, openMdns, revokeLanPairing } from "@qwq-fit/engine";
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
  if (options.revoke !== undefined) return revoke(options.revoke, stateDir, options, io);
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

/** The servers that answer now; null where this machine has no multicast. */
async function browse(io: CommandIo): Promise<LanService[] | null> {
  const port = await openMdns();
  if (port === null) return null;
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
  if (found === null) {
    throw new QwqError("network", "mDNS is not to be had on this machine", {
      hint: "Pass --url as `qwq-fit serve --lan` printed it.",
    });
  }
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
  const clients = listLanPairings(stateDir).map(({ id, name, pairedAt }) => ({
    id,
    name,
    pairedAt,
  }));
  const answering = await browse(io);
  if (answering === null) io.note("No mDNS on this machine: servers cannot be looked for.\n");
  const found = answering ?? [];
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
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, servers, clients })}\n`);
    return EXIT.fits;
  }
  if (servers.length === 0) io.out("No server was found in this network.\n");
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
  if (clients.length > 0) {
    io.out("\nMay call the servers of this machine:\n");
    const rows = clients.map((one) => [one.name, one.id, one.pairedAt]);
    io.out(drawTable(["client", "id", "paired"], rows, terminalOf(io)));
  }
  return EXIT.fits;
}

/** Takes a client's key away, on the machine of the server that it was paired with. */
async function revoke(
  told: string,
  stateDir: string,
  options: PairOptions,
  io: CommandIo,
): Promise<number> {
  const clients = listLanPairings(stateDir);
  const meant = clients.filter(({ id, name }) => id === told || name === told);
  const [client] = meant;
  if (client === undefined || meant.length > 1) {
    const these = (meant.length > 1 ? meant : clients).map(({ id, name }) => `${name} (${id})`);
    const problem = meant.length > 1 ? "several clients are called" : "no client is called";
    throw new QwqError("invalid_value", `${problem} ${told}`, {
      hint:
        these.length === 0
          ? "No client is paired with the servers of this machine."
          : `Name one by its id: ${these.join(", ")}.`,
    });
  }
  const { id, name } = client;
  await revokeLanPairing(stateDir, id);
  if (options.json === true) {
    io.out(`${JSON.stringify({ schemaVersion: 1, id, name, revoked: true })}\n`);
  } else io.out(`${name} may not call the servers of this machine any more.\n`);
  return EXIT.fits;
}
