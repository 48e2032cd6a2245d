import { listServers } from "@qwq-fit/engine";
import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { membershipOf, serveRouterFrom } from "../join/join-router.ts";
import { isLoopbackName, routerAddress } from "../join/router-address.ts";
import { stateDirOf } from "../local/local-places.ts";
import { createTeller } from "../local/teller.ts";
import type { JoinOptions } from "../options/join-options.ts";

/** `qwq-fit join`: a server on this machine becomes a node of a router; the machine dials out, no port is opened. */
export async function join(router: string, options: JoinOptions, io: CommandIo): Promise<number> {
  const teller = createTeller(options.json === true, io);
  const address = routerAddress(router, options.insecureHttp === true);
  const stateDir = stateDirOf(options.stateDir, io.environment);
  const baseUrl = options.url === undefined ? await serverHere(stateDir) : localUrl(options.url);
  const { code = null, name = null } = options;
  const membership = await membershipOf({ router: address, code, name, stateDir });
  const apiKey = options.apiKey ?? io.environment["QWQ_FIT_API_KEY"] ?? null;
  const { agent } = serveRouterFrom(membership, { baseUrl, apiKey }, teller);
  let signals = 0;
  const leave = (): void => {
    signals += 1;
    void agent.stop(signals === 1 ? undefined : 0);
  };
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  try {
    await agent.ended;
  } finally {
    process.off("SIGINT", leave);
    process.off("SIGTERM", leave);
  }
  return EXIT.fits;
}

/** The address of the one server of ours that runs. */
async function serverHere(stateDir: string): Promise<string> {
  const servers = (await listServers(stateDir)).filter(({ status }) => status === "running");
  const [only] = servers;
  if (servers.length === 1 && only !== undefined) return only.state.baseUrl;
  const urls = servers.map(({ state }) => `${state.model} at ${state.baseUrl}`);
  throw new QwqError(
    "usage",
    servers.length === 0 ? "no server runs here" : "several servers run",
    {
      hint:
        servers.length === 0
          ? "Start one with `qwq-fit serve --join ROUTER`, or name one with --url http://127.0.0.1:8080."
          : `Name one with --url: ${urls.join(", ")}.`,
    },
  );
}

/** What the router's requests may reach: a server on this machine, over http. */
function localUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" && isLoopbackName(url.hostname)) return url.origin;
  throw new QwqError("usage", `${text} is no server on this machine`, {
    hint: "Pass it as http://127.0.0.1:8080. A server elsewhere is a node of its own, by its URL.",
  });
}
