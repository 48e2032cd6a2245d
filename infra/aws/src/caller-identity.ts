import { Aws, CfnOutput, Fn } from "aws-cdk-lib";
import { CfnOIDCProvider, CfnRole, ManagedPolicy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { EndpointConditions, EndpointParameters } from "./endpoint-parameters.ts";

/** What callers of the endpoint may do; to be attached to whoever calls. */
export function makeInvokePolicy(scope: Construct, { name }: EndpointParameters): ManagedPolicy {
  const arn = `arn:${Aws.PARTITION}:sagemaker:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  return new ManagedPolicy(scope, "InvokePolicy", {
    description: "Ask the endpoint, by signature or by bearer token.",
    statements: [
      new PolicyStatement({
        actions: ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
        resources: [`${arn}:endpoint/${name}`, `${arn}:inference-component/${name}`],
      }),
      // it has no resource to scope it by (SageMaker developer guide, realtime-endpoints-openai-compatible)
      new PolicyStatement({ actions: ["sagemaker:CallWithBearerToken"], resources: ["*"] }),
    ],
  });
}

/**
 * Trust for the edge router, which issues its own OIDC tokens. The condition's keys hold the issuer's name, and
 * CloudFormation resolves nothing in keys: so the document is a text, which it takes as well.
 */
export function makeWorkerRole(
  scope: Construct,
  parameters: EndpointParameters,
  conditions: EndpointConditions,
  policy: ManagedPolicy,
): void {
  const provider = new CfnOIDCProvider(scope, "WorkerProvider", {
    url: `https://${parameters.workerIssuer}`,
    clientIdList: ["sts.amazonaws.com"],
  });
  provider.cfnOptions.condition = conditions.workerProvider;
  const trust = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "${Provider}" },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            "${Issuer}:aud": "sts.amazonaws.com",
            "${Issuer}:sub": "${Subject}",
          },
        },
      },
    ],
  });
  const role = new CfnRole(scope, "WorkerRole", {
    description: "What the edge router takes to call the endpoint.",
    assumeRolePolicyDocument: Fn.sub(trust, {
      Provider: Fn.conditionIf(
        conditions.workerProvider.logicalId,
        provider.ref,
        parameters.workerProviderArn,
      ).toString(),
      Issuer: parameters.workerIssuer,
      Subject: parameters.workerSubject,
    }),
    managedPolicyArns: [policy.managedPolicyArn],
    maxSessionDuration: 3600,
  });
  role.cfnOptions.condition = conditions.worker;
  new CfnOutput(scope, "WorkerRoleArn", {
    description: "For the router's configuration.",
    value: role.attrArn,
    condition: conditions.worker,
  });
}
