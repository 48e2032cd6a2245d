import type { SagemakerContainer } from "@qwq-fit/schema";
import { type Command, InvalidArgumentError } from "commander";
import { ENVIRONMENTS, type RouterEnvironment } from "../deploy/router/wrangler-config.ts";
import { addCheckOptions, type CheckOptions } from "./command-options.ts";
import { oneOf, wholeNumber } from "./parse-values.ts";

/** Options of every command that works a stack. */
export interface StackOptions {
  readonly region?: string;
  readonly roleArn?: string;
  readonly stateDir?: string;
  readonly confirm?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Options of `deploy sagemaker`. */
export interface DeploySagemakerOptions extends CheckOptions, StackOptions {
  readonly json?: boolean;
  readonly instance?: string;
  readonly container: SagemakerContainer;
  readonly name?: string;
  readonly image?: string;
  readonly repository?: string;
  readonly weights?: string;
  readonly maxCopies: number;
  readonly budget: number;
  readonly email?: string;
  readonly workerIssuer?: string;
  readonly workerSubject?: string;
  readonly workerProviderArn?: string;
}

/** Options of `destroy sagemaker`. */
export interface DestroySagemakerOptions extends StackOptions {
  readonly model?: string;
  readonly name?: string;
}

/** Options of `deploy ci`. */
export interface DeployCiOptions extends StackOptions {
  readonly repository: string;
  readonly environment?: string;
  readonly providerArn?: string;
}

/** Options of `deploy router`. */
export interface DeployRouterOptions {
  readonly config: string;
  readonly env: RouterEnvironment;
  readonly name: string;
  readonly placement?: string;
  readonly route?: readonly string[];
  readonly accountId?: string;
  readonly stateDir?: string;
  readonly confirm?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Names that AWS takes for what is made: letters, digits, single hyphens. */
function parseName(text: string): string {
  if (/^[a-zA-Z0-9](?:-?[a-zA-Z0-9]){0,40}$/u.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be letters and digits, with single hyphens between them.",
  );
}

function parseRegion(text: string): string {
  if (/^[a-z]{2,4}(?:-[a-z]+)+-\d$/u.test(text)) return text;
  throw new InvalidArgumentError("It must be a region, such as us-east-1.");
}

export function addStackOptions(command: Command): Command {
  return command
    .option("--region <region>", "AWS region (default: AWS_REGION, else us-east-1)", parseRegion)
    .option("--role-arn <arn>", "role that CloudFormation takes")
    .option("--dry-run", "show all that a run would do, do nothing")
    .option("--confirm <stack>", "agree without being asked: the stack's name")
    .option("--state-dir <folder>", "where an interrupted run is remembered");
}

export function addDeploySagemakerOptions(command: Command): Command {
  const options = command
    .option("--instance <type>", "this instance type, such as ml.g6e.12xlarge")
    .option("--container <name>", "vllm, lmi or sglang", oneOf("vllm", "lmi", "sglang"), "vllm")
    .option("--name <name>", "of the endpoint (default: the model's)", parseName)
    .option("--image <uri>", "another image in ECR")
    .option("--repository <org/repo>", "where the weights are, on Hugging Face")
    .option("--weights <s3 prefix>", "weights in S3: s3://bucket/prefix/")
    .option("--max-copies <n>", "most copies, one an instance", wholeNumber(1, 100), 1)
    .option("--budget <usd>", "tell when SageMaker costs more a month; 0: no", wholeNumber(0), 0)
    .option("--email <address>", "who is told of alarms and budget")
    .option("--worker-issuer <host>", "edge router that may call, by its own tokens")
    .option("--worker-subject <subject>", "subject of those tokens")
    .option("--worker-provider-arn <arn>", "its identity provider, if the account has it");
  return addCheckOptions(addStackOptions(options));
}

export function addDestroySagemakerOptions(command: Command): Command {
  const options = command
    .option("-m, --model <name>", "the model (default: QwQ-32B)")
    .option("--name <name>", "of the endpoint, if it was named", parseName);
  return addStackOptions(options).option("--json", "print JSON");
}

export function addDeployCiOptions(command: Command): Command {
  const options = command
    .requiredOption("--repository <owner/name>", "on GitHub; its workflows may deploy")
    .option("--environment <name>", "GitHub environment that may (default: production)")
    .option("--provider-arn <arn>", "GitHub's identity provider, if the account has it");
  return addStackOptions(options).option("--json", "print JSON");
}

/** Cloudflare's names of Workers. */
function parseWorker(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/u.test(text)) return text;
  throw new InvalidArgumentError("It must be small letters, digits and hyphens.");
}

export function addDeployRouterOptions(command: Command): Command {
  return command
    .requiredOption("--config <file>", "the router's configuration, JSON")
    .option("--env <name>", "staging or production", oneOf(...ENVIRONMENTS), "production")
    .option("--name <name>", "of the Worker", parseWorker, "qwq-fit-router")
    .option("--placement <where>", "smart, off, or a region such as aws:us-east-1")
    .option("--route <pattern...>", "a route, or a domain of its own")
    .option("--account-id <id>", "Cloudflare account, if there are several")
    .option("--dry-run", "show all that a run would do, do nothing")
    .option("--confirm <name>", "agree without being asked: the Worker's name")
    .option("--state-dir <folder>", "where the files for wrangler are written")
    .option("--json", "print JSON");
}
