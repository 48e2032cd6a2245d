import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { CONTAINERS } from "./container.ts";
import { inApp } from "./synthesize.ts";

const templateOf = (name: string): Template =>
  inApp(name, ({ stack }) => Template.fromStack(stack));

describe.for(CONTAINERS)("an endpoint with %s", (container) => {
  const template = templateOf(`sagemaker-${container}`);

  test("goes to zero: instances, copies, and a step from zero by an alarm", () => {
    expect(() =>
      template.hasResourceProperties("AWS::SageMaker::EndpointConfig", {
        ProductionVariants: [
          Match.objectLike({
            InitialInstanceCount: 1,
            ManagedInstanceScaling: {
              Status: "ENABLED",
              MinInstanceCount: 0,
              MaxInstanceCount: { Ref: "MaximumCopies" },
            },
          }),
        ],
      }),
    ).not.toThrow();
    expect(() =>
      template.hasResourceProperties("AWS::ApplicationAutoScaling::ScalableTarget", {
        MinCapacity: 0,
        ScalableDimension: "sagemaker:inference-component:DesiredCopyCount",
      }),
    ).not.toThrow();
    expect(() =>
      template.hasResourceProperties("AWS::ApplicationAutoScaling::ScalingPolicy", {
        PolicyType: "StepScaling",
        StepScalingPolicyConfiguration: Match.objectLike({
          AdjustmentType: "ChangeInCapacity",
          StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
        }),
      }),
    ).not.toThrow();
    expect(() =>
      template.hasResourceProperties("AWS::CloudWatch::Alarm", {
        MetricName: "NoCapacityInvocationFailures",
        Statistic: "Maximum",
        Period: 30,
        EvaluationPeriods: 1,
        AlarmActions: [{ Ref: "FromZero" }],
      }),
    ).not.toThrow();
  });

  test("waits half an hour for a start, on the variant and on the component", () => {
    const seconds = {
      ContainerStartupHealthCheckTimeoutInSeconds: 1800,
      ModelDataDownloadTimeoutInSeconds: 1800,
    };
    expect(() =>
      template.hasResourceProperties("AWS::SageMaker::EndpointConfig", {
        ProductionVariants: [Match.objectLike(seconds)],
      }),
    ).not.toThrow();
    expect(() =>
      template.hasResourceProperties("AWS::SageMaker::InferenceComponent", {
        Specification: Match.objectLike({ StartupParameters: seconds }),
      }),
    ).not.toThrow();
  });

  test("tells its container the plan", () => {
    const [model] = Object.values(template.findResources("AWS::SageMaker::Model"));
    const text = JSON.stringify(model);
    const refs = ["TensorParallel", "ContextTokens", "Sequences", "Quantization", "KvCacheType"];
    expect(refs.filter((name) => !text.includes(`{"Ref":"${name}"}`))).toEqual([]);
  });

  test("lets the container pull the one image and nothing more", () => {
    expect(() =>
      template.hasResourceProperties("AWS::IAM::Policy", {
        PolicyDocument: Match.objectLike({
          Statement: Match.arrayWith([
            Match.objectLike({
              Action: Match.arrayWith(["ecr:BatchGetImage"]),
              Resource: { Ref: "ImageRepositoryArn" },
            }),
          ]),
        }),
      }),
    ).not.toThrow();
  });

  test("lets the worker in by audience and subject of its own issuer", () => {
    const [role] = Object.values(
      template.findResources("AWS::IAM::Role", { Condition: "HasWorker" }),
    );
    const text = JSON.stringify(role);
    expect(text).toContain('\\"${Issuer}:aud\\":\\"sts.amazonaws.com\\"');
    expect(text).toContain('\\"${Issuer}:sub\\":\\"${Subject}\\"');
    expect(text).toContain('"Issuer":{"Ref":"WorkerIssuer"}');
  });

  test("makes budget, subscription and weights' policy only where they are asked for", () => {
    const conditions = Object.values(
      template.toJSON()["Resources"] as Record<string, { Condition?: string }>,
    )
      .map(({ Condition }) => Condition)
      .filter((condition) => condition !== undefined);
    expect(conditions.toSorted()).toEqual(
      ["HasAlarmEmail", "HasBudget", "HasModelData", "HasWorker", "MakesWorkerProvider"].toSorted(),
    );
  });
});

test("CI may deploy from one environment of one repository, and only stacks of ours", () => {
  const template = templateOf("ci");
  template.hasResourceProperties("AWS::IAM::Role", {
    AssumeRolePolicyDocument: {
      Statement: [
        Match.objectLike({
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": {
                "Fn::Join": [
                  "",
                  ["repo:", { Ref: "Repository" }, ":environment:", { Ref: "Environment" }],
                ],
              },
            },
          },
        }),
      ],
    },
  });
  const policies = JSON.stringify(template.findResources("AWS::IAM::Policy"));
  expect(policies).toContain(":stack/qwq-fit-*");
  expect(policies).not.toContain('"Action":"*"');
  expect(policies).not.toMatch(/"(?:iam|sagemaker|cloudformation):\*"/u);
});
