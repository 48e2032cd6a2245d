import { MiB, QwqError } from "@qwq-fit/schema";
import type {
  FitPlan,
  ModelProfile,
  SagemakerContainer,
  SagemakerDeployment,
  SagemakerOffer,
} from "@qwq-fit/schema";
import { defaultImage, repositoryArn } from "./images.ts";

/** What a person may say beside the plan. */
export interface DeploymentWish {
  readonly container: SagemakerContainer;
  readonly region: string;
  /** Name of endpoint and inference component. @default made of the model's name */
  readonly name?: string;
  readonly image?: string;
  /** Repository of the weights. @default as the plan says */
  readonly repository?: string;
  readonly weights?: string;
  readonly maximumCopies: number;
  readonly budgetUsd: number;
  readonly email?: string;
  readonly workerIssuer?: string;
  readonly workerSubject?: string;
  readonly workerProviderArn?: string;
}

/** Stacks are named so; CI's role may touch no others (infra/aws). */
const STACK_PREFIX = "qwq-fit-";

/** Share of the instance's memory that a copy reserves; the rest is the host's. An assumption, not measured. */
const HOST_SHARE = 0.5;

/** Requests at once in a copy, as a share of its sequences, above which another copy is started. An assumption. */
const SCALE_OUT_SHARE = 0.75;

/** "Qwen/QwQ-32B" as a name that SageMaker takes: letters, digits, single hyphens, at most 40. */
export function endpointName(model: string): string {
  const short = model.split("/").at(-1) ?? model;
  const name = short.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-");
  return name.slice(0, 40).replaceAll(/^-+|-+$/gu, "") || "model";
}

/** The value behind a flag of the plan's own command; empty where it has none. */
function flag({ startCommand }: FitPlan, ...names: readonly string[]): string {
  const words = startCommand?.arguments ?? [];
  const index = words.findIndex((word) => names.includes(word));
  return index === -1 ? "" : (words[index + 1] ?? "");
}

/** The repository that holds a plan's weights for servers. Quantized ones have repositories of their own: "…-AWQ". */
export function repositoryOf(plan: FitPlan, model: ModelProfile): string {
  const variant = model.weights.find(
    ({ format, quantization }) => format === "safetensors" && quantization === plan.quantization,
  );
  const named = variant?.location?.replace(/^hf:/u, "");
  if (named !== undefined) return named;
  return plan.quantization.startsWith("AWQ") ? `${model.id}-AWQ` : model.id;
}

/** Names of parsers differ: vLLM's docs (reasoning outputs, tool calling) and SGLang's (separate reasoning, tool parser). */
function parsers(
  plan: FitPlan,
  model: ModelProfile,
  container: SagemakerContainer,
): { reasoning: string; toolCalls: string } {
  const reasoning = flag(plan, "--reasoning-parser");
  const qwen = model.architecture.startsWith("qwen");
  if (container !== "sglang") return { reasoning, toolCalls: qwen ? "hermes" : "" };
  return { reasoning: reasoning.replaceAll("_", "-"), toolCalls: qwen ? "qwen25" : "" };
}

/**
 * A plan for an instance as what CloudFormation is told.
 *
 * @throws {QwqError} `invalid_value` for a model that is a file, or an image outside ECR.
 */
export function deploymentOf(
  { instance, acceleratorCount, plan }: SagemakerOffer & { readonly plan: FitPlan },
  model: ModelProfile,
  hostMemoryBytes: number,
  wish: DeploymentWish,
): SagemakerDeployment {
  const { container, region } = wish;
  const repository = wish.repository ?? repositoryOf(plan, model);
  if (!/^[\w.-]+\/[\w.-]+$/u.test(repository)) {
    throw new QwqError(
      "invalid_value",
      `${model.name} has no repository that SageMaker could load`,
      {
        hint: "Name a model of the catalogue, or the repository with --repository.",
      },
    );
  }
  const name = wish.name ?? endpointName(model.id);
  const image =
    wish.image === undefined
      ? defaultImage(container, region)
      : { uri: wish.image, unverified: false, source: "--image" };
  const { reasoning, toolCalls } = parsers(plan, model, container);
  const memoryBytes = (hostMemoryBytes * HOST_SHARE * plan.tensorParallel) / acceleratorCount;
  const fp8Cache = container === "sglang" ? "fp8_e5m2" : "fp8";
  return {
    template: `sagemaker-${container}`,
    stackName: `${STACK_PREFIX}${name}`,
    region,
    container,
    image,
    parameters: {
      EndpointName: name,
      InstanceType: instance,
      ContainerImage: image.uri,
      ImageRepositoryArn: repositoryArn(image.uri),
      ModelId: repository,
      ModelDataS3Uri: wish.weights ?? "",
      TensorParallel: String(plan.tensorParallel),
      ContextTokens: String(plan.contextTokens),
      Sequences: String(plan.sequences),
      BatchTokens: String(plan.batchTokens),
      GpuMemoryShare: flag(plan, "--gpu-memory-utilization", "--mem-fraction-static") || "0.9",
      Quantization: flag(plan, "--quantization"),
      KvCacheType: plan.kvCacheType === "fp8" ? fp8Cache : "",
      ReasoningParser: reasoning,
      ToolCallParser: toolCalls,
      ModelOverrides: flag(plan, "--hf-overrides", "--json-model-override-args"),
      MemoryMiB: String(Math.max(1024, Math.floor(memoryBytes / MiB))),
      MaximumCopies: String(wish.maximumCopies),
      ScaleOutConcurrency: String(Math.max(1, Math.floor(plan.sequences * SCALE_OUT_SHARE))),
      AlarmEmail: wish.email ?? "",
      BudgetUsd: String(wish.budgetUsd),
      WorkerIssuer: wish.workerIssuer ?? "",
      ...(wish.workerSubject === undefined ? {} : { WorkerSubject: wish.workerSubject }),
      WorkerOidcProviderArn: wish.workerProviderArn ?? "",
    },
  };
}
