import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
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

/** Commands that make things elsewhere. All show first what they would do, and ask. */
export function addDeployCommands(
  program: Command,
  io: CommandIo,
  exit: (code: number) => void,
): void {
  const deploy = program.command("deploy").description("an endpoint in the cloud, after asking");
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
  const destroy = program.command("destroy").description("remove what deploy made, after asking");
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
