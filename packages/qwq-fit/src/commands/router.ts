import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { basename, join } from "node:path";
import { readConfig, readSageMakerAddress } from "@qwq-fit/router";
import { openNodeTunnel, serveRouter } from "@qwq-fit/router/node";
import type { NodeTunnel, RunningRouter } from "@qwq-fit/router/node";
import { QwqError } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import { stateDirOf } from "../local/local-places.ts";
import { createTeller } from "../local/teller.ts";
import type { RouterOptions } from "../options/local-options.ts";

/** `qwq-fit router`: one API in front of nodes, on this machine, until a signal ends it. */
export async function router(options: RouterOptions, io: CommandIo): Promise<number> {
  const teller = createTeller(options.json === true, io);
  const { insecureDev = false, join: mayJoin = false, host } = options;
  const told = {
    ...(await configOf(options)),
    ...(insecureDev ? { insecureDev: true } : {}),
    ...(mayJoin ? { join: true } : {}),
  };
  const config = readConfig(told);
  if (config.insecureDev && !isLoopback(host)) {
    throw new QwqError(
      "invalid_configuration",
      `without keys the router is not served on ${host}`,
      {
        hint: "Name keys in the configuration, or serve on 127.0.0.1.",
      },
    );
  }
  const tunnel = config.join
    ? await openNodeTunnel({ config, file: nodesFile(options, io) })
    : null;
  const running = await serveRouter({
    config,
    host,
    port: options.port,
    environment: io.environment,
    log: (record) => {
      if (options.json === true) teller.event("log", record, null);
    },
    extensions: (ports) => (tunnel === null ? [] : [tunnel.extension(ports)]),
  });
  tunnel?.listen(running.server, running.router.fleet);
  const { url } = running;
  const nodes = config.nodes.map(({ name }) => name);
  const ended = closeOnSignals(running, tunnel);
  const baseUrl = `${url}/v1`;
  teller.event(
    "ready",
    { url: baseUrl, nodes },
    `${nodes.join(", ") || "Nodes that join are"} behind ${baseUrl} (Ctrl-C stops it)`,
  );
  await ended;
  teller.event("stopped", { url: baseUrl }, "Stopped.");
  return EXIT.fits;
}

/** Where it is kept which machines have joined: one file for each router's configuration. */
function nodesFile({ config, stateDir }: RouterOptions, io: CommandIo): string {
  const name = config === undefined ? "nodes.json" : `nodes-${basename(config, ".json")}.json`;
  return join(stateDirOf(stateDir, io.environment), "router", name);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** The configuration's JSON: of a file, or of nodes named on the command line, or of both. */
async function configOf({ config, node = [], join: mayJoin }: RouterOptions): Promise<object> {
  const file = config === undefined ? {} : await readJson(config);
  if (node.length === 0 && config === undefined && mayJoin !== true) {
    throw new QwqError("usage", "the router needs nodes", {
      hint: "Pass --config FILE, --node name=url for each node, or --join to let machines join.",
    });
  }
  const before: unknown = Reflect.get(file, "nodes");
  return {
    ...file,
    nodes: [...(Array.isArray(before) ? (before as unknown[]) : []), ...node.map(entryOf)],
  };
}

/** A named node as the configuration has it; an endpoint of SageMaker by its own fields. */
function entryOf(node: NonNullable<RouterOptions["node"]>[number]): object {
  if (node.engine !== "sagemaker") return node;
  const endpoint = readSageMakerAddress(node.name, node.url);
  if (endpoint !== null) return endpoint;
  throw new QwqError("usage", `${node.url} is no address of a SageMaker endpoint`, {
    hint: "It is sagemaker:ENDPOINT@REGION, or sagemaker:ENDPOINT/COMPONENT@REGION.",
  });
}

async function readJson(path: string): Promise<object> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new QwqError("file_not_found", `${path} cannot be read`, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new QwqError("invalid_configuration", `${path} is no JSON`, { cause: error });
  }
  throw new QwqError("invalid_configuration", `${path} holds no configuration of the router`);
}

/** Resolves when the router is closed: at a first signal running answers may end, at a second all is cut. */
async function closeOnSignals(running: RunningRouter, tunnel: NodeTunnel | null): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let signals = 0;
    const close = (): void => {
      signals += 1;
      const graceMs = signals === 1 ? undefined : 0;
      // Sockets of nodes are no requests: the server would wait for them.
      Promise.all([tunnel?.close(graceMs), running.close(graceMs)]).then(() => resolve(), reject);
    };
    process.on("SIGINT", close);
    process.on("SIGTERM", close);
  });
}
