import { Aws, Fn, Token } from "aws-cdk-lib";
import type { IResolvable } from "aws-cdk-lib";
import {
  CfnEndpoint,
  CfnEndpointConfig,
  CfnInferenceComponent,
  CfnModel,
} from "aws-cdk-lib/aws-sagemaker";
import type { Construct } from "constructs";
import { containerEnvironment } from "./container-environment.ts";
import type { Container } from "./container.ts";
import type { EndpointConditions, EndpointParameters } from "./endpoint-parameters.ts";

/** The only variant: inference components are placed on it. */
export const VARIANT = "primary";

/** Weights of 65 GB and an image of 20 GB: half an hour is what AWS lets a start take at most per step by default docs. */
const STARTUP_SECONDS = 1800;

/** What {@link makeEndpoint} makes. */
export interface Endpoint {
  readonly endpoint: CfnEndpoint;
  readonly component: CfnInferenceComponent;
}

/**
 * Model, endpoint configuration, endpoint and inference component. Instances may go to zero, which only inference
 * components allow (SageMaker developer guide, endpoint-auto-scaling-zero-instances); the first one starts with the stack.
 */
export function makeEndpoint(
  scope: Construct,
  container: Container,
  parameters: EndpointParameters,
  conditions: EndpointConditions,
  executionRoleArn: string,
): Endpoint {
  const model = new CfnModel(scope, "Model", {
    executionRoleArn,
    // weights that are mounted need no network
    enableNetworkIsolation: Fn.conditionIf(conditions.modelData.logicalId, true, false),
    primaryContainer: {
      image: parameters.image,
      environment: containerEnvironment[container](parameters, conditions),
      modelDataSource: modelData(parameters, conditions),
    },
  });
  const config = new CfnEndpointConfig(scope, "EndpointConfig", {
    executionRoleArn,
    productionVariants: [
      {
        variantName: VARIANT,
        instanceType: parameters.instanceType,
        initialInstanceCount: 1,
        inferenceAmiVersion: parameters.inferenceAmi,
        containerStartupHealthCheckTimeoutInSeconds: STARTUP_SECONDS,
        modelDataDownloadTimeoutInSeconds: STARTUP_SECONDS,
        managedInstanceScaling: {
          status: "ENABLED",
          minInstanceCount: 0,
          maxInstanceCount: parameters.maximumCopies.valueAsNumber,
        },
        routingConfig: { routingStrategy: "LEAST_OUTSTANDING_REQUESTS" },
      },
    ],
  });
  const endpoint = new CfnEndpoint(scope, "Endpoint", {
    endpointName: parameters.name,
    endpointConfigName: config.attrEndpointConfigName,
  });
  const component = new CfnInferenceComponent(scope, "InferenceComponent", {
    inferenceComponentName: parameters.name,
    endpointName: endpoint.attrEndpointName,
    variantName: VARIANT,
    specification: {
      modelName: model.attrModelName,
      computeResourceRequirements: {
        numberOfAcceleratorDevicesRequired: parameters.tensorParallel.valueAsNumber,
        minMemoryRequiredInMb: parameters.memoryMiB.valueAsNumber,
      },
      startupParameters: {
        containerStartupHealthCheckTimeoutInSeconds: STARTUP_SECONDS,
        modelDataDownloadTimeoutInSeconds: STARTUP_SECONDS,
      },
    },
    runtimeConfig: { copyCount: 1 },
  });
  return { endpoint, component };
}

function modelData(
  { modelDataS3Uri }: EndpointParameters,
  { modelData: given }: EndpointConditions,
): IResolvable {
  const source = {
    S3DataSource: {
      S3Uri: modelDataS3Uri,
      S3DataType: "S3Prefix",
      CompressionType: "None",
    },
  };
  return Token.asAny(Fn.conditionIf(given.logicalId, source, Aws.NO_VALUE));
}
