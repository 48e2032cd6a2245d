import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addJoinOptions, addNodesOptions, addPairOptions } from "./options/join-options.ts";
import type { JoinOptions, NodesOptions, PairOptions } from "./options/join-options.ts";

/** Commands by which machines become nodes of a router. Each command's code is loaded when it runs. */
export function addNodeCommands(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  addJoinOptions(
    program
      .command("join")
      .description("make this machine a node of a router")
      .argument("<router>", "its address, https://router.example")
      .allowExcessArguments(false),
  ).action(async (router: string, options: JoinOptions) => {
    const { join } = await import("./commands/join.ts");
    exit(await join(router, options, io));
  });

  addPairOptions(
    program
      .command("pair")
      .description("use a server in this network: serve --lan")
      .argument("[code]", "the one-time code that it printed")
      .allowExcessArguments(false),
  ).action(async (code: string | undefined, options: PairOptions) => {
    const { pair } = await import("./commands/pair.ts");
    exit(await pair(code, options, io));
  });

  const nodes = program.command("nodes").description("machines that have joined a router");
  const below = (name: string, about: string): Command =>
    addNodesOptions(nodes.command(name, { isDefault: name === "list" }).description(about));
  below("list", "all of them, and how they are").action(async (options: NodesOptions) => {
    const { listNodes } = await import("./commands/nodes.ts");
    exit(await listNodes(options, io));
  });
  below("invite", "a one-time code for one more").action(async (options: NodesOptions) => {
    const { inviteNode } = await import("./commands/nodes.ts");
    exit(await inviteNode(options, io));
  });
  below("drain", "no new requests for one")
    .argument("<name>")
    .option("--off", "requests again")
    .action(async (name: string, options: NodesOptions) => {
      const { drainNode } = await import("./commands/nodes.ts");
      exit(await drainNode(name, options, io));
    });
  below("remove", "it may not come back without a new code")
    .argument("<name>")
    .action(async (name: string, options: NodesOptions) => {
      const { removeNode } = await import("./commands/nodes.ts");
      exit(await removeNode(name, options, io));
    });
}
