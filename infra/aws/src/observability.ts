import { Aws, CfnOutput, Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSubscription, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { EndpointConditions, EndpointParameters } from "./endpoint-parameters.ts";
import { VARIANT } from "./endpoint.ts";

/** SageMaker's own metrics stand here, those of GPUs in the second (SageMaker developer guide, monitoring-cloudwatch). */
const NAMESPACE = "AWS/SageMaker";
const GPU_NAMESPACE = "/aws/sagemaker/InferenceComponents";

/** A model that thinks answers slowly; beyond the 60 s that InvokeEndpoint waits, callers lose their answer. */
const SLOW_MICROSECONDS = 55_000_000;

const metric = (
  metricName: string,
  statistic: string,
  dimensionsMap: Record<string, string>,
  namespace: string = NAMESPACE,
): Metric =>
  new Metric({ namespace, metricName, statistic, dimensionsMap, period: Duration.minutes(1) });

const graph = (title: string, left: Metric[]): GraphWidget =>
  new GraphWidget({ title, left, width: 12, height: 6 });

/** Where alarms and the budget tell what they have to tell. */
export function makeTopic(
  scope: Construct,
  parameters: EndpointParameters,
  conditions: EndpointConditions,
): Topic {
  const topic = new Topic(scope, "Alarms", { enforceSSL: true });
  topic.grantPublish(
    new ServicePrincipal("budgets.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
    }),
  );
  topic.grantPublish(
    new ServicePrincipal("cloudwatch.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
    }),
  );
  const subscription = new CfnSubscription(scope, "AlarmSubscription", {
    topicArn: topic.topicArn,
    protocol: "email",
    endpoint: parameters.alarmEmail,
  });
  subscription.cfnOptions.condition = conditions.alarmEmail;
  return topic;
}

/** Alarms that a person should see, and a dashboard with what they are made of. */
export function makeObservability(
  scope: Construct,
  parameters: EndpointParameters,
  topic: Topic,
): void {
  const { name } = parameters;
  const ofComponent = { InferenceComponentName: name };
  const ofVariant = { EndpointName: name, VariantName: VARIANT };
  const errors = metric("Invocation5XXErrors", "Sum", ofComponent);
  const latency = metric("ModelLatency", "p95", ofComponent);
  const concurrent = metric("ConcurrentRequestsPerCopy", "Maximum", ofComponent);
  const noCapacity = metric("NoCapacityInvocationFailures", "Sum", ofComponent);
  const gpu = metric("GPUMemoryUtilizationNormalized", "Maximum", ofComponent, GPU_NAMESPACE);

  const alarm = (
    id: string,
    watched: Metric,
    threshold: number,
    minutes: number,
    alarmDescription: string,
  ): void =>
    new Alarm(scope, id, {
      metric: watched,
      threshold,
      alarmDescription,
      evaluationPeriods: minutes,
      datapointsToAlarm: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(topic));
  alarm("ServerErrors", errors, 5, 3, "The container fails: more than 5 errors a minute.");
  alarm("SlowAnswers", latency, SLOW_MICROSECONDS, 5, "Answers take longer than callers wait.");
  alarm("GpuMemory", gpu, 98, 15, "Device memory is nearly full for a quarter of an hour.");
  alarm(
    "Saturated",
    concurrent,
    parameters.sequences.valueAsNumber,
    15,
    "More requests than a copy has sequences for a quarter of an hour: more copies are needed.",
  );

  const dashboard = new Dashboard(scope, "Dashboard", { dashboardName: name });
  dashboard.addWidgets(
    graph("Requests", [metric("Invocations", "Sum", ofVariant), noCapacity]),
    graph("Errors", [errors, metric("Invocation4XXErrors", "Sum", ofComponent)]),
  );
  dashboard.addWidgets(
    graph("Latency (µs)", [latency, metric("OverheadLatency", "p95", ofComponent)]),
    graph("At once in a copy", [concurrent]),
  );
  dashboard.addWidgets(
    graph("Devices", [
      gpu,
      metric("GPUUtilizationNormalized", "Average", ofComponent, GPU_NAMESPACE),
    ]),
  );
  new CfnOutput(scope, "DashboardUrl", {
    value: `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards:name=${name}`,
  });
}
