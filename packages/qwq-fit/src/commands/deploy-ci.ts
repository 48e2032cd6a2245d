import type { CommandIo } from "../command-io.ts";
import { loadInfra } from "../deploy/load-infra.ts";
import { stackCalls } from "../deploy/stack/stack-calls.ts";
import { runDeployment, runRemoval, wishOf } from "../deploy/stack/stack-run.ts";
import { resolveTemplate } from "../deploy/stack/template-resources.ts";
import { EXIT } from "../exit-code.ts";
import type { DeployCiOptions, StackOptions } from "../options/deploy-options.ts";
import { drawResources } from "../view/deployment-view.ts";
import { regionOf } from "./plan-sagemaker.ts";

const STACK = "qwq-fit-ci";

/** `qwq-fit deploy ci`: the identities by which a repository's workflow deploys without keys. */
export async function deployCi(options: DeployCiOptions, io: CommandIo): Promise<number> {
  const region = regionOf(options.region, io);
  const template = resolveTemplate(await loadInfra("aws/templates/ci.json"), {
    Repository: options.repository,
    ...(options.environment === undefined ? {} : { Environment: options.environment }),
    ...(options.providerArn === undefined ? {} : { GithubOidcProviderArn: options.providerArn }),
  });
  const wish = wishOf(region, STACK, template, options.roleArn ?? null);
  const { resources, parameters } = template;
  const shown = [
    `Stack      ${STACK} in ${region}`,
    `Trusts     github.com/${options.repository}, environment ${parameters["Environment"] ?? ""}`,
    "",
    `Makes ${resources.length} resources, which cost nothing:`,
    ...drawResources(template),
    "",
  ].join("\n");
  if (options.dryRun === true) {
    const calls = stackCalls(wish);
    const value = {
      schemaVersion: 1,
      dryRun: true,
      stackName: STACK,
      region,
      parameters,
      resources,
      calls,
    };
    io.out(
      options.json === true
        ? `${JSON.stringify(value)}\n`
        : `${shown}\nA run would ask CloudFormation:\n${calls.map(({ text }) => `  ${text}\n`).join("")}Nothing was made.\n`,
    );
    return EXIT.fits;
  }
  if (options.json !== true) io.note(shown);
  return runDeployment(wish, `Let workflows of ${options.repository} deploy?`, options, io);
}

/** `qwq-fit destroy ci`: workflows can deploy no more. */
export async function destroyCi(options: StackOptions, io: CommandIo): Promise<number> {
  const region = regionOf(options.region, io);
  if (options.dryRun === true) {
    io.out(
      `Would ask CloudFormation in ${region} to delete the stack ${STACK}.\nNothing was removed.\n`,
    );
    return EXIT.fits;
  }
  return runRemoval(STACK, region, `Remove ${STACK} in ${region}?`, options, io);
}
