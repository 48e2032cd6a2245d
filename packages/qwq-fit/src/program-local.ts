import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addCommonOptions } from "./options/command-options.ts";
import { addNodeInstallOptions } from "./options/node-install-options.ts";
import type { NodeInstallOptions } from "./options/node-install-options.ts";
import type { ListOptions } from "./options/command-options.ts";
import {
  addChatOptions,
  addLocalOptions,
  addNodeOptions,
  addPullOptions,
  addRouterOptions,
  addServeOptions,
} from "./options/local-options.ts";
import type {
  ChatOptions,
  LocalOptions,
  NodeOptions,
  PullOptions,
  RouterOptions,
  ServeOptions,
  StopOptions,
} from "./options/local-options.ts";

const MODEL = "name, hf:org/repo:quant or file (default: QwQ-32B)";

/** Commands that run models on this machine. Each command's code is loaded when it runs. */
export function addLocalCommands(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  const command = (name: string, about: string): Command =>
    program.command(name).description(about).allowExcessArguments(false);

  addServeOptions(
    command("serve", "run a model behind an OpenAI-compatible API").argument("[model]", MODEL),
  ).action(async (model: string | undefined, options: ServeOptions) => {
    const { serve } = await import("./commands/serve.ts");
    exit(await serve(model, options, io));
  });
  addChatOptions(command("chat", "talk with a model").argument("[model]", MODEL)).action(
    async (model: string | undefined, options: ChatOptions) => {
      const { chat } = await import("./commands/chat.ts");
      exit(await chat(model, options, io));
    },
  );
  addPullOptions(command("pull", "download a model").argument("[model]", MODEL)).action(
    async (model: string | undefined, options: PullOptions) => {
      const { pull } = await import("./commands/pull.ts");
      exit(await pull(model, options, io));
    },
  );
  addCommonOptions(command("list", "models on this machine")).action(
    async (options: ListOptions) => {
      const { list } = await import("./commands/list.ts");
      exit(await list(options, io));
    },
  );
  addCommonOptions(
    command("rm", "remove models that were pulled").argument("<models...>", "as list names them"),
  ).action(async (models: string[], options: ListOptions) => {
    const { rm } = await import("./commands/rm.ts");
    exit(await rm(models, options, io));
  });
  addLocalOptions(command("ps", "servers that run")).action(async (options: LocalOptions) => {
    const { ps } = await import("./commands/ps.ts");
    exit(await ps(options, io));
  });
  addLocalOptions(
    command("stop", "stop a server")
      .argument("[server]", "its id or model (default: the only one)")
      .option("--all", "all servers"),
  ).action(async (server: string | undefined, options: StopOptions) => {
    const { stop } = await import("./commands/stop.ts");
    exit(await stop(server, options, io));
  });
  addLocalOptions(command("doctor", "can this machine serve? what is in the way?")).action(
    async (options: LocalOptions) => {
      const { doctor } = await import("./commands/doctor.ts");
      exit(await doctor(options, io));
    },
  );
  addRouterOptions(command("router", "one API in front of several nodes")).action(
    async (options: RouterOptions) => {
      const { router } = await import("./commands/router.ts");
      exit(await router(options, io));
    },
  );
  const node = program.command("node").description("what routing believes of a node");
  addNodeOptions(
    node
      .command("describe", { isDefault: true })
      .description("its speed, as its server says or as planned")
      .argument("[target]", "URL of a server of ours, or a model"),
  ).action(async (target: string | undefined, options: NodeOptions) => {
    const { describeNode } = await import("./commands/node.ts");
    exit(await describeNode(target, options, io));
  });
  addNodeInstallOptions(
    node.command("install").description("make a machine a node, from its plan, after asking"),
  ).action(async (options: NodeInstallOptions) => {
    const { nodeInstall } = await import("./commands/node-install.ts");
    exit(await nodeInstall(options, io));
  });
}
