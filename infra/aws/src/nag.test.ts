import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { expect, test } from "vitest";
import { CONTAINERS } from "./container.ts";
import { inApp } from "./synthesize.ts";

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string }[];
  }[];
}

/** Findings of cdk-nag's AWS Solutions rules on a template; each wildcard is a finding of its own. */
function findingsOf(name: string): string[] {
  return inApp(name, ({ app }) => {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    try {
      app.synth();
    } catch {
      // findings fail the synthesis; the report names them
    }
    const report = JSON.parse(
      readFileSync(join(app.outdir, "validation-report.json"), "utf8"),
    ) as Report;
    const nag = report.pluginReports.find(({ pluginName }) => pluginName === "AwsSolutions");
    const names = nag?.violations.map(({ ruleName }) => ruleName) ?? [];
    return names
      .map((rule) => rule.replaceAll(/arn:<AWS::Partition>|<AWS::Region>|<AWS::AccountId>/gu, ""))
      .toSorted();
  });
}

/** What stays, and why it cannot be narrower. */
const ENDPOINT: Readonly<Record<string, string>> = {
  "Resource::*":
    "ecr:GetAuthorizationToken, cloudwatch:PutMetricData and sagemaker:CallWithBearerToken know no resource",
  "Resource:::logs:::log-group:/aws/sagemaker/Endpoints/<EndpointName>:*": "streams of one group",
  "Resource:::logs:::log-group:/aws/sagemaker/InferenceComponents/<EndpointName>:*":
    "streams of one group",
  'Resource:::s3:::{"Fn::Select":[1,{"Fn::Split":["s3://",{"Ref":"ModelDataS3Uri"}]}]}*':
    "the files below the weights' prefix",
};
const CI: Readonly<Record<string, string>> = {
  "Resource::*":
    "application-autoscaling's targets have no names; the service is held by a condition",
  "Resource:::budgets:::budget/*": "a budget is named as the endpoint, which the user names",
  "Resource:::cloudformation:::stack/qwq-fit-*": "stacks of ours have an id behind their name",
  "Resource:::cloudwatch:::alarm:qwq-fit-*": "CloudFormation names alarms after the stack",
  "Resource:::cloudwatch:::dashboard/*": "a dashboard is named as the endpoint",
  "Resource:::iam:::oidc-provider/*": "a provider is named as its issuer, which the user names",
  "Resource:::iam:::policy/qwq-fit-*": "CloudFormation names policies after the stack",
  "Resource:::iam:::role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*":
    "one service's own role",
  "Resource:::iam:::role/qwq-fit-*": "CloudFormation names roles after the stack",
  "Resource:::sagemaker:::endpoint-config/*": "CloudFormation names it at random",
  "Resource:::sagemaker:::endpoint/*": "the user names it",
  "Resource:::sagemaker:::inference-component/*": "the user names it",
  "Resource:::sagemaker:::model/*": "CloudFormation names it at random",
  "Resource:::sns:::qwq-fit-*": "CloudFormation names topics after the stack",
};

const expected = (accepted: Readonly<Record<string, string>>): string[] =>
  Object.keys(accepted)
    .map((finding) => `AwsSolutions-IAM5[${finding}]`)
    .toSorted();

test.for(CONTAINERS)(
  "an endpoint with %s: only these wildcards",
  { timeout: 120_000 },
  (container) => {
    expect(findingsOf(`sagemaker-${container}`)).toEqual(expected(ENDPOINT));
  },
);

test("CI's identities: only these wildcards", { timeout: 120_000 }, () => {
  expect(findingsOf("ci")).toEqual(expected(CI));
});
