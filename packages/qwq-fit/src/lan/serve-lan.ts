import { hostname } from "node:os";
import { isIPv4 } from "node:net";
import {
  announceLan,
  createLanDoor,
  createPairingCode,
  lanAddresses,
  openLanKeys,
  openMdns,
} from "@qwq-fit/engine";
import type { LanDoor, LanService, PairingCode, RunningServer } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import type { Beside } from "../join/beside-server.ts";
import { stateDirOf } from "../local/local-places.ts";
import { listenOptions } from "../local/listen-options.ts";
import type { ListenOptions } from "../local/listen-options.ts";
import type { Teller } from "../local/teller.ts";
import type { ServeOptions } from "../options/local-options.ts";

const EVERYWHERE = "0.0.0.0";

type Goodbye = () => Promise<void>;

/** What `serve --lan` adds to a server. */
export interface LanServing {
  /** The command's options, with an address in the house and a key. */
  readonly options: ServeOptions;
  /** Where and for whom the server of a model of these names listens. */
  listen(aliases: readonly string[]): ListenOptions;
  /** `beside`, and the announcement. */
  with(beside: Beside): Beside;
}

/**
 * Makes ready what `--lan` needs before a model is loaded; without the option nothing is added.
 * @throws {QwqError} `usage` for an address that nobody in the house can call
 */
export async function prepareLan(
  options: ServeOptions,
  io: CommandIo,
  teller: Teller,
): Promise<LanServing> {
  if (options.lan !== true) {
    return { options, listen: () => listenOptions(options, io), with: (beside) => beside };
  }
  // 127.0.0.1 is the default of --host: with --lan nobody means it.
  const host = options.host === "127.0.0.1" ? EVERYWHERE : options.host;
  if (!isIPv4(host) || host.startsWith("127.")) {
    throw new QwqError("usage", `--lan cannot announce ${host}`, {
      hint: "Leave out --host, or pass an IPv4 address of this machine in its network.",
    });
  }
  const keys = await openLanKeys(stateDirOf(options.stateDir, io.environment));
  const given = options.apiKey ?? io.environment["QWQ_FIT_API_KEY"];
  const apiKey = given === undefined || given === "" ? keys.ownKey : given;
  const apiKeys: string[] = [];
  /** A client that was revoked meanwhile is not let in any more. */
  const letIn = (): void => {
    apiKeys.splice(0, apiKeys.length, apiKey, ...keys.pairings.map((pairing) => pairing.key));
  };
  letIn();
  const told = { ...options, host, apiKey };
  // Asked each time: a machine may get another address while it serves.
  const addresses = (): string[] => (host === EVERYWHERE ? lanAddresses() : [host]);
  const own = (): string[] => [...addresses(), ...(host === EVERYWHERE ? ["127.0.0.1"] : [])];
  let aliases: readonly string[] = [];
  let door: LanDoor | null = null;
  let goodbye: Promise<Goodbye | null> = Promise.resolve(null);

  /** The code's ten minutes begin when it is told. */
  const open = async ({
    baseUrl,
    state: { id, model },
  }: RunningServer): Promise<Goodbye | null> => {
    const { port } = new URL(baseUrl);
    const name = hostname().replace(/\.local$/u, "");
    const instance = keys.instanceOf(id);
    const code = createPairingCode(Date.now);
    door = createLanDoor({
      code,
      keys,
      node: { instance, name, model, aliases },
      isOwnAddress: (address) => own().some((one) => address === `${one}:${port}`),
      now: Date.now,
      onPaired: (pairing) => {
        teller.event("paired", { name: pairing.name }, `${pairing.name} is paired.`);
      },
    });
    const mdns = await openMdns();
    const service = (): LanService => ({
      instance,
      name,
      model,
      port: Number(port),
      addresses: addresses(),
    });
    const leave = mdns === null ? null : await announceLan(mdns, service);
    tell(code, service(), leave !== null, teller);
    return leave;
  };

  return {
    options: told,
    listen: (names) => {
      aliases = names;
      return {
        ...listenOptions(told, io),
        apiKeys,
        before: (request) => {
          letIn();
          return door?.answer(request) ?? null;
        },
      };
    },
    with: (beside) => ({
      start: (server) => {
        beside.start(server);
        goodbye = open(server).catch((error: unknown) => {
          const message = error instanceof Error ? error.message : "no announcement";
          teller.event("lan-failed", { message }, message);
          return null;
        });
      },
      stop: async () => {
        await beside.stop();
        await (
          await goodbye
        )?.();
      },
    }),
  };
}

function tell(code: PairingCode, service: LanService, announced: boolean, teller: Teller): void {
  const { instance, name, port, addresses } = service;
  const url = `http://${addresses[0] ?? "127.0.0.1"}:${port}/v1`;
  const expires = new Date(code.expiresMs).toISOString();
  const fields = { code: code.text, url, instance, name, announced, expires };
  const where = announced ? "" : ` --url ${url}`;
  const without = announced ? "" : " (no mDNS here: it needs the address)";
  const text = `In this network at ${url}. Once, within ten minutes, on another machine${without}:
  qwq-fit pair ${code.text}${where}`;
  teller.event("lan", fields, text);
}
