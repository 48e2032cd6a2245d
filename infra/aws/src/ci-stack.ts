import { Aws, CfnCondition, CfnOutput, CfnParameter, Fn, Stack, Validations } from "aws-cdk-lib";
import type { StackProps } from "aws-cdk-lib";
import {
  CfnOIDCProvider,
  Effect,
  PolicyStatement,
  Role,
  ServicePrincipal,
  WebIdentityPrincipal,
} from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { stackStatements } from "./stack-statements.ts";

const ISSUER = "token.actions.githubusercontent.com";

/** Stacks of the command are named so; CI may touch no others. */
export const STACK_PREFIX = "qwq-fit-";

/**
 * What a repository's workflow needs to deploy without keys: trust for GitHub's tokens of one environment, a role that
 * may only work stacks named qwq-fit-…, and the role that CloudFormation takes for them.
 */
export class CiStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, {
      description: "qwq-fit: identities for deploying from GitHub Actions",
      ...props,
    });
    const text = (name: string, description: string, allowedPattern: string): CfnParameter =>
      new CfnParameter(this, name, { type: "String", description, allowedPattern });
    const repository = text(
      "Repository",
      "owner/name on GitHub.",
      "^[\\w.-]+/[\\w.-]+$",
    ).valueAsString;
    const environment = new CfnParameter(this, "Environment", {
      type: "String",
      description: "GitHub environment that may deploy.",
      default: "production",
      allowedPattern: "^[\\w.-]+$",
    }).valueAsString;
    const known = new CfnParameter(this, "GithubOidcProviderArn", {
      type: "String",
      description: "GitHub's identity provider, if the account has it. Empty: it is made.",
      default: "",
      allowedPattern: "^$|^arn:.+:oidc-provider/.+$",
    }).valueAsString;
    const makes = new CfnCondition(this, "MakesProvider", {
      expression: Fn.conditionEquals(known, ""),
    });
    const provider = new CfnOIDCProvider(this, "GithubProvider", {
      url: `https://${ISSUER}`,
      clientIdList: ["sts.amazonaws.com"],
    });
    provider.cfnOptions.condition = makes;
    const providerArn = Fn.conditionIf(makes.logicalId, provider.ref, known).toString();

    const stackRole = new Role(this, "StackRole", {
      assumedBy: new ServicePrincipal("cloudformation.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
      description: "What CloudFormation may do for stacks named qwq-fit-*.",
    });
    for (const statement of stackStatements(STACK_PREFIX)) stackRole.addToPolicy(statement);

    const deployRole = new Role(this, "DeployRole", {
      assumedBy: new WebIdentityPrincipal(providerArn, {
        StringEquals: {
          [`${ISSUER}:aud`]: "sts.amazonaws.com",
          [`${ISSUER}:sub`]: `repo:${repository}:environment:${environment}`,
        },
      }),
      description: "What a workflow of the repository takes to deploy.",
    });
    deployRole.addToPolicy(
      new PolicyStatement({
        actions: [
          "cloudformation:CreateChangeSet",
          "cloudformation:DeleteChangeSet",
          "cloudformation:DeleteStack",
          "cloudformation:DescribeChangeSet",
          "cloudformation:DescribeStackEvents",
          "cloudformation:DescribeStacks",
          "cloudformation:ExecuteChangeSet",
        ],
        resources: [
          `arn:${Aws.PARTITION}:cloudformation:${Aws.REGION}:${Aws.ACCOUNT_ID}:stack/${STACK_PREFIX}*`,
        ],
      }),
    );
    deployRole.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ["iam:PassRole"],
        resources: [stackRole.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "cloudformation.amazonaws.com" } },
      }),
    );
    new CfnOutput(this, "DeployRoleArn", { value: deployRole.roleArn });
    new CfnOutput(this, "StackRoleArn", { value: stackRole.roleArn });
    // a parameter's empty default means that the part it belongs to is not made
    Validations.of(this).acknowledge({
      id: "CloudFormation-Validate::W1030",
      reason: "Empty defaults stand behind conditions.",
    });
  }
}
