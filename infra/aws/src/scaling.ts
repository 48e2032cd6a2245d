import { CfnScalableTarget, CfnScalingPolicy } from "aws-cdk-lib/aws-applicationautoscaling";
import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import type { CfnInferenceComponent } from "aws-cdk-lib/aws-sagemaker";
import type { Construct } from "constructs";
import type { EndpointParameters } from "./endpoint-parameters.ts";

const DIMENSION = "sagemaker:inference-component:DesiredCopyCount";

/** Idle minutes before copies are taken away: a cold start takes minutes itself. */
const SCALE_IN_SECONDS = 900;
const SCALE_OUT_SECONDS = 60;

/**
 * Zero to the most copies. From one on, the requests at once in a copy are tracked; from zero to one, an alarm on the
 * requests that found no copy adds one (SageMaker developer guide, endpoint-auto-scaling-zero-instances: step policy
 * `ChangeInCapacity +1` on NoCapacityInvocationFailures, 30 s, 1 datapoint).
 */
export function makeScaling(
  scope: Construct,
  component: CfnInferenceComponent,
  parameters: EndpointParameters,
): void {
  const resourceId = `inference-component/${parameters.name}`;
  const target = new CfnScalableTarget(scope, "ScalableTarget", {
    serviceNamespace: "sagemaker",
    scalableDimension: DIMENSION,
    resourceId,
    minCapacity: 0,
    maxCapacity: parameters.maximumCopies.valueAsNumber,
  });
  target.addResourceDependency(component);
  const policy = (
    id: string,
    rest: Partial<ConstructorParameters<typeof CfnScalingPolicy>[2]>,
  ): CfnScalingPolicy =>
    new CfnScalingPolicy(scope, id, {
      policyName: id,
      policyType: "StepScaling",
      scalingTargetId: target.ref,
      ...rest,
    });
  policy("TrackConcurrency", {
    policyType: "TargetTrackingScaling",
    targetTrackingScalingPolicyConfiguration: {
      predefinedMetricSpecification: {
        predefinedMetricType: "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
      },
      targetValue: parameters.scaleOutConcurrency.valueAsNumber,
      scaleInCooldown: SCALE_IN_SECONDS,
      scaleOutCooldown: SCALE_OUT_SECONDS,
    },
  });
  const fromZero = policy("FromZero", {
    stepScalingPolicyConfiguration: {
      adjustmentType: "ChangeInCapacity",
      metricAggregationType: "Maximum",
      cooldown: SCALE_OUT_SECONDS,
      stepAdjustments: [{ metricIntervalLowerBound: 0, scalingAdjustment: 1 }],
    },
  });
  new CfnAlarm(scope, "NoCapacity", {
    alarmDescription: "Requests found no copy: start one.",
    namespace: "AWS/SageMaker",
    metricName: "NoCapacityInvocationFailures",
    dimensions: [{ name: "InferenceComponentName", value: parameters.name }],
    statistic: "Maximum",
    period: 30,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 1,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    treatMissingData: "missing",
    alarmActions: [fromZero.ref],
  });
}
