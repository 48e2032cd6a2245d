import { Aws, CfnCondition, Fn } from "aws-cdk-lib";
import { CfnPolicy, Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { EndpointConditions, EndpointParameters } from "./endpoint-parameters.ts";

/** `s3://bucket/prefix/` as an ARN's end: `bucket/prefix/`. */
const s3Path = (uri: string): string => Fn.select(1, Fn.split("s3://", uri));

/**
 * What SageMaker runs the container as: it may pull the one image, write its own logs and metrics, and read the weights'
 * prefix where there is one.
 */
export function makeExecutionRole(
  scope: Construct,
  parameters: EndpointParameters,
  conditions: EndpointConditions,
): Role {
  const role = new Role(scope, "ExecutionRole", {
    assumedBy: new ServicePrincipal("sagemaker.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
    }),
    description: "What the endpoint's container may do.",
  });
  const logs = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/aws/sagemaker`;
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ],
      resources: [parameters.imageRepositoryArn],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
      ],
      resources: [
        `${logs}/InferenceComponents/${parameters.name}:*`,
        `${logs}/Endpoints/${parameters.name}:*`,
      ],
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      conditions: {
        StringEquals: {
          "cloudwatch:namespace": [
            "AWS/SageMaker",
            "/aws/sagemaker/Endpoints",
            "/aws/sagemaker/InferenceComponents",
          ],
        },
      },
    }),
  );
  readWeights(scope, role, parameters, conditions.modelData);
  return role;
}

function readWeights(
  scope: Construct,
  role: Role,
  { modelDataS3Uri }: EndpointParameters,
  given: CfnCondition,
): void {
  const path = s3Path(modelDataS3Uri);
  const bucket = Fn.select(0, Fn.split("/", path));
  const policy = new CfnPolicy(scope, "ReadWeights", {
    policyName: "ReadWeights",
    roles: [role.roleName],
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: Effect.ALLOW,
          Action: "s3:GetObject",
          Resource: `arn:${Aws.PARTITION}:s3:::${path}*`,
        },
        {
          Effect: Effect.ALLOW,
          Action: "s3:ListBucket",
          Resource: `arn:${Aws.PARTITION}:s3:::${bucket}`,
        },
      ],
    },
  });
  policy.cfnOptions.condition = given;
}
