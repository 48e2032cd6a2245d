import { QwqError } from "@qwq-fit/schema";
import type { SagemakerDeployment, SagemakerOffer } from "@qwq-fit/schema";
import type { CommandIo } from "../command-io.ts";
import { loadInfra } from "../deploy/load-infra.ts";
import { endpointName } from "../deploy/sagemaker/deployment.ts";
import type { DeploymentWish } from "../deploy/sagemaker/deployment.ts";
import { stackCalls } from "../deploy/stack/stack-calls.ts";
import { runDeployment, runRemoval, wishOf } from "../deploy/stack/stack-run.ts";
import { resolveTemplate } from "../deploy/stack/template-resources.ts";
import { EXIT } from "../exit-code.ts";
import { DEFAULT_MODEL } from "../model/find-model.ts";
import { findAndReadModel } from "../model/read-model.ts";
import type { DeploySagemakerOptions, DestroySagemakerOptions } from "../options/deploy-options.ts";
import { deploymentCost, drawDeployment } from "../view/deployment-view.ts";
import { usd } from "../view/numbers.ts";
import { regionOf, sagemakerReport } from "./plan-sagemaker.ts";

function wishOfOptions(options: DeploySagemakerOptions, io: CommandIo): DeploymentWish {
  const told = {
    name: options.name,
    image: options.image,
    repository: options.repository,
    weights: options.weights,
    email: options.email,
    workerIssuer: options.workerIssuer?.replace(/^https:\/\//u, "").replace(/\/$/u, ""),
    workerSubject: options.workerSubject,
    workerProviderArn: options.workerProviderArn,
  };
  return {
    container: options.container,
    region: regionOf(options.region, io),
    maximumCopies: options.maxCopies,
    budgetUsd: options.budget,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  };
}

/** The chosen offer and what it becomes. @throws {QwqError} `does_not_fit`. */
async function chooseDeployment(
  options: DeploySagemakerOptions,
  io: CommandIo,
): Promise<{ deployment: SagemakerDeployment; offer: SagemakerOffer; notes: readonly string[] }> {
  const { report } = await sagemakerReport(options, wishOfOptions(options, io), io);
  const offer = report.offers.find(({ instance }) => instance === report.choice);
  if (report.deployment === null || offer === undefined) {
    throw new QwqError("does_not_fit", `${report.model} fits on none of the instance types`, {
      hint: "`qwq-fit plan --target sagemaker` says what is missing on each.",
    });
  }
  return { deployment: report.deployment, offer, notes: report.notes };
}

/** `qwq-fit deploy sagemaker`: shows all that would be made and its cost, asks, and has CloudFormation make it. */
export async function deploySagemaker(
  options: DeploySagemakerOptions,
  io: CommandIo,
): Promise<number> {
  const { deployment, offer, notes } = await chooseDeployment(options, io);
  const text = await loadInfra(`aws/templates/${deployment.template}.json`);
  const template = resolveTemplate(text, deployment.parameters);
  const cost = deploymentCost(offer, template);
  const { stackName, region } = deployment;
  const wish = wishOf(region, stackName, template, options.roleArn ?? null);
  const shown = drawDeployment(deployment, offer, template, notes);
  if (options.dryRun === true) {
    const { resources, parameters } = template;
    const calls = stackCalls(wish);
    const value = {
      schemaVersion: 1,
      dryRun: true,
      deployment,
      parameters,
      resources,
      cost,
      calls,
      notes,
    };
    io.out(
      options.json === true
        ? `${JSON.stringify(value)}\n`
        : `${shown}\nA run would ask CloudFormation:\n${calls.map(({ text: line }) => `  ${line}\n`).join("")}Nothing was made.\n`,
    );
    return EXIT.fits;
  }
  if (options.json !== true) io.note(shown);
  const question = `Make it, for ${usd(cost.usdPerHourOfACopy)} an hour that a copy runs?`;
  return runDeployment(wish, question, options, io);
}

/** `qwq-fit destroy sagemaker`: removes an endpoint's stack and all that it made. */
export async function destroySagemaker(
  options: DestroySagemakerOptions,
  io: CommandIo,
): Promise<number> {
  const region = regionOf(options.region, io);
  const stackName = `qwq-fit-${options.name ?? (await nameOfModel(options.model, io))}`;
  if (options.dryRun === true) {
    const value = {
      schemaVersion: 1,
      dryRun: true,
      stackName,
      region,
      calls: ["DescribeStacks", "DeleteStack", "DescribeStackEvents"],
    };
    io.out(
      options.json === true
        ? `${JSON.stringify(value)}\n`
        : `Would ask CloudFormation in ${region} to delete the stack ${stackName} with all that it made, and wait for it.\nNothing was removed.\n`,
    );
    return EXIT.fits;
  }
  const question = `Remove ${stackName} in ${region}, with its endpoint, alarms and identities?`;
  return runRemoval(stackName, region, question, options, io);
}

async function nameOfModel(model: string | undefined, { environment }: CommandIo): Promise<string> {
  const { profile } = await findAndReadModel(model ?? DEFAULT_MODEL, { environment });
  return endpointName(profile.id);
}
