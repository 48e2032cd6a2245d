import type { Command } from "commander";

/** Options of `join`. */
export interface JoinOptions {
  readonly code?: string;
  readonly name?: string;
  readonly url?: string;
  readonly apiKey?: string;
  readonly insecureHttp?: boolean;
  readonly stateDir?: string;
  readonly json?: boolean;
}

/** Options of `nodes` and what is below it. */
export interface NodesOptions {
  readonly router?: string;
  readonly key?: string;
  readonly insecureHttp?: boolean;
  readonly off?: boolean;
  readonly json?: boolean;
}

/** Options of `pair`. */
export interface PairOptions {
  readonly url?: string;
  readonly name?: string;
  readonly list?: boolean;
  readonly revoke?: string;
  readonly stateDir?: string;
  readonly json?: boolean;
}

const HTTP = "plain http beyond this machine";

export function addJoinOptions(command: Command): Command {
  return command
    .option("--code <code>", "the one-time code; later not needed")
    .option("--name <name>", "the node's name (default: the host's)")
    .option("--url <base URL>", "the server (default: the one that runs)")
    .option("--api-key <key>", "of that server (or QWQ_FIT_API_KEY)")
    .option("--insecure-http", HTTP)
    .option("--state-dir <folder>", "where servers leave their state")
    .option("--json", "print JSON, one object a line");
}

export function addNodesOptions(command: Command): Command {
  return command
    .option("--router <url>", "the router (or QWQ_FIT_ROUTER)")
    .option("--key <key>", "with scope admin (or QWQ_FIT_ROUTER_KEY)")
    .option("--insecure-http", HTTP)
    .option("--json", "print JSON");
}

export function addPairOptions(command: Command): Command {
  return command
    .option("--url <url>", "the server (default: found by mDNS)")
    .option("--name <name>", "this machine's name (default: the host's)")
    .option("--list", "servers found and paired, and clients of this machine")
    .option("--revoke <name>", "a client of this machine may not call it any more")
    .option("--state-dir <folder>", "where pairings are kept")
    .option("--json", "print JSON, one object a line");
}
