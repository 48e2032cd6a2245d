import { Aws, CfnOutput, Stack, Validations } from "aws-cdk-lib";
import type { StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { makeBudget } from "./budget.ts";
import { makeInvokePolicy, makeWorkerRole } from "./caller-identity.ts";
import type { Container } from "./container.ts";
import { declareConditions, declareParameters } from "./endpoint-parameters.ts";
import { makeEndpoint } from "./endpoint.ts";
import { makeExecutionRole } from "./execution-role.ts";
import { makeObservability, makeTopic } from "./observability.ts";
import { makeScaling } from "./scaling.ts";

/** A SageMaker endpoint with all that belongs to it; what a plan decides are its parameters. */
export class EndpointStack extends Stack {
  constructor(scope: Construct, id: string, container: Container, props?: StackProps) {
    super(scope, id, {
      description: `qwq-fit: a model behind a SageMaker endpoint (${container})`,
      ...props,
    });
    const parameters = declareParameters(this);
    const conditions = declareConditions(this, parameters);
    const role = makeExecutionRole(this, parameters, conditions);
    const { endpoint, component } = makeEndpoint(
      this,
      container,
      parameters,
      conditions,
      role.roleArn,
    );
    endpoint.node.addDependency(role);
    makeScaling(this, component, parameters);
    const topic = makeTopic(this, parameters, conditions);
    makeObservability(this, parameters, topic);
    makeBudget(this, parameters, conditions, topic);
    const policy = makeInvokePolicy(this, parameters);
    makeWorkerRole(this, parameters, conditions, policy);
    const path = `endpoints/${endpoint.attrEndpointName}/inference-components/${parameters.name}`;
    new CfnOutput(this, "BaseUrl", {
      description: "OpenAI-compatible, with a bearer token (containers vllm and sglang).",
      value: `https://runtime.sagemaker.${Aws.REGION}.${Aws.URL_SUFFIX}/${path}/openai/v1`,
    });
    new CfnOutput(this, "InvokePolicyArn", { value: policy.managedPolicyArn });
    // a parameter's empty default means that the part it belongs to is not made
    Validations.of(this).acknowledge({
      id: "CloudFormation-Validate::W1030",
      reason: "Empty defaults stand behind conditions.",
    });
  }
}
