import { CfnCondition, CfnParameter, Fn } from "aws-cdk-lib";
import type { CfnParameterProps } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** What a deployment tells the template: every value of a plan, nothing of an account. */
export interface EndpointParameters {
  readonly name: string;
  readonly instanceType: string;
  readonly image: string;
  readonly imageRepositoryArn: string;
  readonly inferenceAmi: string;
  readonly modelId: string;
  readonly modelDataS3Uri: string;
  readonly tensorParallel: CfnParameter;
  readonly contextTokens: CfnParameter;
  readonly sequences: CfnParameter;
  readonly batchTokens: CfnParameter;
  readonly gpuMemoryShare: CfnParameter;
  readonly quantization: string;
  readonly kvCacheType: string;
  readonly reasoningParser: string;
  readonly toolCallParser: string;
  readonly overrides: string;
  readonly memoryMiB: CfnParameter;
  readonly maximumCopies: CfnParameter;
  readonly scaleOutConcurrency: CfnParameter;
  readonly alarmEmail: string;
  readonly budgetUsd: CfnParameter;
  readonly workerIssuer: string;
  readonly workerSubject: string;
  readonly workerProviderArn: string;
}

/** Which optional parts are made. An empty text means "none" in every parameter. */
export interface EndpointConditions {
  readonly modelData: CfnCondition;
  readonly quantization: CfnCondition;
  readonly kvCacheType: CfnCondition;
  readonly reasoningParser: CfnCondition;
  readonly toolCallParser: CfnCondition;
  readonly overrides: CfnCondition;
  readonly alarmEmail: CfnCondition;
  readonly budget: CfnCondition;
  readonly worker: CfnCondition;
  readonly workerProvider: CfnCondition;
}

/** Names of endpoints, components and models: letters, digits, single hyphens (SageMaker API, EndpointName). */
const NAME = "^[a-zA-Z0-9](-?[a-zA-Z0-9]){0,40}$";

const whole = (description: string, least: number, most: number): CfnParameterProps => ({
  type: "Number",
  description,
  minValue: least,
  maxValue: most,
});

const optional = (description: string, allowedPattern: string): CfnParameterProps => ({
  type: "String",
  description: `${description} Empty: none.`,
  default: "",
  allowedPattern: `^$|${allowedPattern}`,
});

const required = (description: string, allowedPattern: string): CfnParameterProps => ({
  type: "String",
  description,
  allowedPattern,
});

/** Declares the parameters, in the order in which CloudFormation asks for them. */
export function declareParameters(scope: Construct): EndpointParameters {
  const number = (id: string, props: CfnParameterProps): CfnParameter =>
    new CfnParameter(scope, id, props);
  const text = (id: string, props: CfnParameterProps): string => number(id, props).valueAsString;
  return {
    name: text("EndpointName", required("Name of endpoint and inference component.", NAME)),
    instanceType: text("InstanceType", required("Instance type.", "^ml\\.[a-z0-9-]+\\.[a-z0-9]+$")),
    image: text("ContainerImage", required("Image in ECR, with its tag.", "^[^\\s]+[:@][^\\s]+$")),
    imageRepositoryArn: text(
      "ImageRepositoryArn",
      required("ECR repository of the image: all that may be pulled.", "^arn:.+:repository/.+$"),
    ),
    inferenceAmi: text("InferenceAmiVersion", {
      type: "String",
      description: "Host image; its NVIDIA driver must suit the container's CUDA.",
      default: "al2023-ami-sagemaker-inference-gpu-4-1",
    }),
    modelId: text("ModelId", required("Repository on Hugging Face.", "^[\\w.-]+/[\\w.-]+$")),
    modelDataS3Uri: text(
      "ModelDataS3Uri",
      optional("S3 prefix with the weights; then nothing is downloaded.", "^s3://.+/$"),
    ),
    tensorParallel: number("TensorParallel", whole("Devices that share each layer.", 1, 64)),
    contextTokens: number("ContextTokens", whole("Context of one sequence.", 1, 100_000_000)),
    sequences: number("Sequences", whole("Sequences side by side in a copy.", 1, 4096)),
    batchTokens: number("BatchTokens", whole("Tokens of one step.", 1, 1_000_000)),
    gpuMemoryShare: number("GpuMemoryShare", {
      type: "Number",
      description: "Share of device memory that the engine takes.",
      minValue: 0.1,
      maxValue: 1,
    }),
    quantization: text("Quantization", optional("Made while loading, such as fp8.", "^[\\w-]+$")),
    kvCacheType: text("KvCacheType", optional("Type of the KV cache, such as fp8.", "^\\w+$")),
    reasoningParser: text("ReasoningParser", optional("Parser of the thinking.", "^[\\w-]+$")),
    toolCallParser: text("ToolCallParser", optional("Parser of tool calls.", "^\\w+$")),
    overrides: text(
      "ModelOverrides",
      optional("JSON over the model's config (YaRN).", "^\\{.+\\}$"),
    ),
    memoryMiB: number("MemoryMiB", whole("Host memory of one copy, MiB.", 1024, 16_777_216)),
    maximumCopies: number("MaximumCopies", {
      ...whole("Most copies, one an instance.", 1, 100),
      default: 1,
    }),
    scaleOutConcurrency: number(
      "ScaleOutConcurrency",
      whole("Requests at once in a copy above which one more is started.", 1, 4096),
    ),
    alarmEmail: text("AlarmEmail", optional("Who is told.", "^[^@\\s]+@[^@\\s]+$")),
    budgetUsd: number("BudgetUsd", {
      ...whole("Monthly budget for SageMaker in this account, USD; 0: none.", 0, 10_000_000),
      default: 0,
    }),
    workerIssuer: text(
      "WorkerIssuer",
      optional(
        "Host (and path) of the edge router that signs its own tokens.",
        "^[a-z0-9.-]+(/[\\w./-]+)?$",
      ),
    ),
    workerSubject: text("WorkerSubject", {
      type: "String",
      description: "Subject in the router's tokens.",
      default: "worker:router:production",
      allowedPattern: "^[\\w:.-]+$",
    }),
    workerProviderArn: text(
      "WorkerOidcProviderArn",
      optional(
        "Identity provider of that issuer, if the account has it.",
        "^arn:.+:oidc-provider/.+$",
      ),
    ),
  };
}

/** Declares the conditions of the optional parts. */
export function declareConditions(
  scope: Construct,
  parameters: EndpointParameters,
): EndpointConditions {
  const given = (id: string, value: string): CfnCondition =>
    new CfnCondition(scope, id, { expression: Fn.conditionNot(Fn.conditionEquals(value, "")) });
  const worker = given("HasWorker", parameters.workerIssuer);
  const noProvider = Fn.conditionEquals(parameters.workerProviderArn, "");
  return {
    modelData: given("HasModelData", parameters.modelDataS3Uri),
    quantization: given("HasQuantization", parameters.quantization),
    kvCacheType: given("HasKvCacheType", parameters.kvCacheType),
    reasoningParser: given("HasReasoningParser", parameters.reasoningParser),
    toolCallParser: given("HasToolCallParser", parameters.toolCallParser),
    overrides: given("HasModelOverrides", parameters.overrides),
    alarmEmail: given("HasAlarmEmail", parameters.alarmEmail),
    budget: new CfnCondition(scope, "HasBudget", {
      expression: Fn.conditionNot(Fn.conditionEquals(parameters.budgetUsd.valueAsString, "0")),
    }),
    worker,
    workerProvider: new CfnCondition(scope, "MakesWorkerProvider", {
      expression: Fn.conditionAnd(worker, noProvider),
    }),
  };
}
