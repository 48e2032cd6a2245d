import { QwqError } from "@qwq-fit/schema";
import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { near } from "./near.ts";
import {
  addDeployCiOptions,
  addDeployRouterOptions,
  addDeploySagemakerOptions,
  addDestroySagemakerOptions,
  addStackOptions,
} from "./options/deploy-options.ts";
import type {
  DeployCiOptions,
  DeployRouterOptions,
  DeploySagemakerOptions,
  DestroySagemakerOptions,
  StackOptions,
} from "./options/deploy-options.ts";

/** A command that is nothing without the next word. */
function group(program: Command, name: string, about: string): Command {
  const made = program
    .command(name)
    .description(about)
    .argument("[what]")
    .allowExcessArguments(false);
  return made.action((what: string | undefined) => {
    const known = made.commands.map((one) => one.name());
    const [likely] = what === undefined ? [] : near(what, known, 1);
    throw new QwqError(
      "usage",
      what === undefined ? `${name} what?` : `${name} knows no "${what}"`,
      {
        hint: likely === undefined ? `Say one of ${known.join(", ")}.` : `Did you mean ${likely}?`,
      },
    );
  });
}

/** Commands that make things elsewhere. All show first what they would do, and ask. */
export function addDeployCommands(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  const deploy = group(program, "deploy", "an endpoint in the cloud, after asking");
  addDeploySagemakerOptions(
    deploy
      .command("sagemaker")
      .description("a model behind a SageMaker endpoint that goes to zero"),
  ).action(async (options: DeploySagemakerOptions) => {
    const { deploySagemaker } = await import("./commands/deploy-sagemaker.ts");
    exit(await deploySagemaker(options, io));
  });
  addDeployRouterOptions(
    deploy.command("router").description("the edge router on Cloudflare, by wrangler"),
  ).action(async (options: DeployRouterOptions) => {
    const { deployRouter } = await import("./commands/deploy-router.ts");
    exit(await deployRouter(options, io));
  });
  addDeployCiOptions(
    deploy.command("ci").description("AWS roles by which GitHub Actions deploys without keys"),
  ).action(async (options: DeployCiOptions) => {
    const { deployCi } = await import("./commands/deploy-ci.ts");
    exit(await deployCi(options, io));
  });
  const destroy = group(program, "destroy", "remove what deploy made, after asking");
  addDestroySagemakerOptions(
    destroy.command("sagemaker").description("a SageMaker endpoint and all that belongs to it"),
  ).action(async (options: DestroySagemakerOptions) => {
    const { destroySagemaker } = await import("./commands/deploy-sagemaker.ts");
    exit(await destroySagemaker(options, io));
  });
  addStackOptions(destroy.command("ci").description("the roles of GitHub Actions"))
    .option("--json", "print JSON")
    .action(async (options: StackOptions) => {
      const { destroyCi } = await import("./commands/deploy-ci.ts");
      exit(await destroyCi(options, io));
    });
}
