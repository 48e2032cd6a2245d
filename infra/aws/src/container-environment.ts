import { Aws, Fn } from "aws-cdk-lib";
import type { CfnCondition } from "aws-cdk-lib";
import type { Container } from "./container.ts";
import type { EndpointConditions, EndpointParameters } from "./endpoint-parameters.ts";

const ifGiven = (condition: CfnCondition, value: string): string =>
  Fn.conditionIf(condition.logicalId, value, Aws.NO_VALUE).toString();

type Render = (
  parameters: EndpointParameters,
  conditions: EndpointConditions,
) => Record<string, string>;

/**
 * AWS's vLLM image: every `SM_VLLM_X_Y=v` becomes `--x-y v`, `true` a bare flag; the model is SM_VLLM_MODEL or what is
 * mounted (aws/deep-learning-containers docs/vllm/configuration.md and docs/vllm/deployment/sagemaker.md).
 */
const vllm: Render = (parameters, conditions) => ({
  SM_VLLM_MODEL: Fn.conditionIf(
    conditions.modelData.logicalId,
    Aws.NO_VALUE,
    parameters.modelId,
  ).toString(),
  SM_VLLM_SERVED_MODEL_NAME: parameters.modelId,
  SM_VLLM_TENSOR_PARALLEL_SIZE: parameters.tensorParallel.valueAsString,
  SM_VLLM_MAX_MODEL_LEN: parameters.contextTokens.valueAsString,
  SM_VLLM_MAX_NUM_SEQS: parameters.sequences.valueAsString,
  SM_VLLM_MAX_NUM_BATCHED_TOKENS: parameters.batchTokens.valueAsString,
  SM_VLLM_GPU_MEMORY_UTILIZATION: parameters.gpuMemoryShare.valueAsString,
  SM_VLLM_ENABLE_PREFIX_CACHING: "true",
  SM_VLLM_QUANTIZATION: ifGiven(conditions.quantization, parameters.quantization),
  SM_VLLM_KV_CACHE_DTYPE: ifGiven(conditions.kvCacheType, parameters.kvCacheType),
  SM_VLLM_REASONING_PARSER: ifGiven(conditions.reasoningParser, parameters.reasoningParser),
  SM_VLLM_ENABLE_AUTO_TOOL_CHOICE: ifGiven(conditions.toolCallParser, "true"),
  SM_VLLM_TOOL_CALL_PARSER: ifGiven(conditions.toolCallParser, parameters.toolCallParser),
  SM_VLLM_HF_OVERRIDES: ifGiven(conditions.overrides, parameters.overrides),
});

/**
 * LMI (DJL Serving) in its asynchronous mode: every `OPTION_X_Y=v` is vLLM's `--x-y v`
 * (deepjavalibrary/djl-serving @d21927c4, serving/docs/lmi).
 */
const lmi: Render = (parameters, conditions) => ({
  HF_MODEL_ID: Fn.conditionIf(
    conditions.modelData.logicalId,
    "/opt/ml/model",
    parameters.modelId,
  ).toString(),
  OPTION_ASYNC_MODE: "true",
  OPTION_ROLLING_BATCH: "disable",
  OPTION_ENTRYPOINT: "djl_python.lmi_vllm.vllm_async_service",
  TENSOR_PARALLEL_DEGREE: parameters.tensorParallel.valueAsString,
  OPTION_MAX_MODEL_LEN: parameters.contextTokens.valueAsString,
  OPTION_MAX_NUM_SEQS: parameters.sequences.valueAsString,
  OPTION_MAX_NUM_BATCHED_TOKENS: parameters.batchTokens.valueAsString,
  OPTION_GPU_MEMORY_UTILIZATION: parameters.gpuMemoryShare.valueAsString,
  OPTION_ENABLE_PREFIX_CACHING: "true",
  OPTION_QUANTIZE: ifGiven(conditions.quantization, parameters.quantization),
  OPTION_KV_CACHE_DTYPE: ifGiven(conditions.kvCacheType, parameters.kvCacheType),
  OPTION_REASONING_PARSER: ifGiven(conditions.reasoningParser, parameters.reasoningParser),
  OPTION_ENABLE_AUTO_TOOL_CHOICE: ifGiven(conditions.toolCallParser, "true"),
  OPTION_TOOL_CALL_PARSER: ifGiven(conditions.toolCallParser, parameters.toolCallParser),
  OPTION_HF_OVERRIDES: ifGiven(conditions.overrides, parameters.overrides),
});

/**
 * AWS's SGLang image: `SM_SGLANG_X_Y=v` becomes `--x-y v`; the model is SM_SGLANG_MODEL_PATH or what is mounted
 * (aws/deep-learning-containers docs/sglang/configuration.md).
 */
const sglang: Render = (parameters, conditions) => ({
  SM_SGLANG_MODEL_PATH: Fn.conditionIf(
    conditions.modelData.logicalId,
    Aws.NO_VALUE,
    parameters.modelId,
  ).toString(),
  SM_SGLANG_SERVED_MODEL_NAME: parameters.modelId,
  SM_SGLANG_TP: parameters.tensorParallel.valueAsString,
  SM_SGLANG_CONTEXT_LENGTH: parameters.contextTokens.valueAsString,
  SM_SGLANG_MAX_RUNNING_REQUESTS: parameters.sequences.valueAsString,
  SM_SGLANG_CHUNKED_PREFILL_SIZE: parameters.batchTokens.valueAsString,
  SM_SGLANG_MEM_FRACTION_STATIC: parameters.gpuMemoryShare.valueAsString,
  SM_SGLANG_QUANTIZATION: ifGiven(conditions.quantization, parameters.quantization),
  SM_SGLANG_KV_CACHE_DTYPE: ifGiven(conditions.kvCacheType, parameters.kvCacheType),
  SM_SGLANG_REASONING_PARSER: ifGiven(conditions.reasoningParser, parameters.reasoningParser),
  SM_SGLANG_TOOL_CALL_PARSER: ifGiven(conditions.toolCallParser, parameters.toolCallParser),
  SM_SGLANG_JSON_MODEL_OVERRIDE_ARGS: ifGiven(conditions.overrides, parameters.overrides),
});

/** The environment by which each container is told the plan. */
export const containerEnvironment: Readonly<Record<Container, Render>> = { vllm, lmi, sglang };
