import { Aws } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";

const arn = (service: string, rest: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${rest}`;
const iam = (rest: string): string => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:${rest}`;

/**
 * What CloudFormation needs to make, change and remove the endpoint's stack, and nothing else. Roles and policies must
 * carry the prefix: CloudFormation names them after the stack. It puts the stack's tags on what it makes.
 */
export function stackStatements(prefix: string): PolicyStatement[] {
  const roles = iam(`role/${prefix}*`);
  return [
    new PolicyStatement({
      actions: ["Create", "Delete", "Describe", "Update"]
        .flatMap((verb) =>
          ["Endpoint", "InferenceComponent"].map((thing) => `sagemaker:${verb}${thing}`),
        )
        .concat(
          ["Create", "Delete", "Describe"].flatMap((verb) =>
            ["EndpointConfig", "Model"].map((thing) => `sagemaker:${verb}${thing}`),
          ),
          "sagemaker:AddTags",
          "sagemaker:DeleteTags",
          "sagemaker:ListTags",
          "sagemaker:UpdateInferenceComponentRuntimeConfig",
        ),
      resources: ["endpoint", "endpoint-config", "inference-component", "model"].map((kind) =>
        arn("sagemaker", `${kind}/*`),
      ),
    }),
    new PolicyStatement({
      actions: [
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:TagResource",
        "application-autoscaling:UntagResource",
      ],
      resources: ["*"],
      conditions: {
        StringEqualsIfExists: { "application-autoscaling:service-namespace": "sagemaker" },
      },
    }),
    new PolicyStatement({
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [iam("role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*")],
    }),
    new PolicyStatement({
      actions: [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetDashboard",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ],
      resources: [
        arn("cloudwatch", `alarm:${prefix}*`),
        `arn:${Aws.PARTITION}:cloudwatch::${Aws.ACCOUNT_ID}:dashboard/*`,
      ],
    }),
    new PolicyStatement({
      actions: [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:GetTopicAttributes",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:UntagResource",
        "sns:Unsubscribe",
      ],
      resources: [arn("sns", `${prefix}*`)],
    }),
    new PolicyStatement({
      actions: [
        "budgets:ModifyBudget",
        "budgets:TagResource",
        "budgets:UntagResource",
        "budgets:ViewBudget",
      ],
      resources: [`arn:${Aws.PARTITION}:budgets::${Aws.ACCOUNT_ID}:budget/*`],
    }),
    new PolicyStatement({
      actions: [
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
      ],
      resources: [roles],
    }),
    new PolicyStatement({
      actions: ["iam:PassRole"],
      resources: [roles],
      conditions: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
    }),
    new PolicyStatement({
      actions: [
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:GetPolicy",
        "iam:ListPolicyVersions",
        "iam:TagPolicy",
        "iam:UntagPolicy",
      ],
      resources: [iam(`policy/${prefix}*`)],
    }),
    new PolicyStatement({
      actions: [
        "iam:CreateOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
        "iam:GetOpenIDConnectProvider",
        "iam:TagOpenIDConnectProvider",
        "iam:UntagOpenIDConnectProvider",
      ],
      resources: [iam("oidc-provider/*")],
    }),
  ];
}
