import { type Command, InvalidArgumentError } from "commander";
import { NODE_TARGETS, type NodeTarget } from "../node-install/node-target.ts";
import { addCheckOptions, type CheckOptions } from "./command-options.ts";
import { oneOf, wholeNumber } from "./parse-values.ts";

/** Options of `node install`. */
export interface NodeInstallOptions extends CheckOptions {
  readonly target?: NodeTarget;
  readonly hosts?: readonly string[];
  readonly hostIndex: number;
  readonly repository?: string;
  readonly user?: string;
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly confirm?: string;
}

function parseHosts(text: string): readonly string[] {
  const hosts = text.split(",").map((one) => one.trim());
  if (hosts.every((host) => /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/u.test(host)))
    return hosts;
  throw new InvalidArgumentError(
    "It must be addresses with commas between them: 10.0.0.1,10.0.0.2",
  );
}

function parseUser(text: string): string {
  if (/^[a-z_][a-z0-9_.-]{0,31}$/u.test(text)) return text;
  throw new InvalidArgumentError("It must be an account's name.");
}

export function addNodeInstallOptions(command: Command): Command {
  const options = command
    .option(
      "--target <name>",
      `${NODE_TARGETS.join(", ")} (default: launchd on a Mac, else systemd)`,
      oneOf(...NODE_TARGETS),
    )
    .option("--hosts <addresses>", "machines of a cluster, the one that answers first", parseHosts)
    .option("--host-index <n>", "which of them this machine is", wholeNumber(0, 1000), 0)
    .option("--repository <org/repo>", "where the weights are, for vLLM and the like")
    .option("--user <account>", "account of a daemon on a Mac (default: yours)", parseUser)
    .option("--output <folder>", "write the files of all machines there, run nothing")
    .option("--dry-run", "show all that a run would do, do nothing")
    .option("--confirm <target>", "agree without being asked: the target's name");
  return addCheckOptions(options);
}
