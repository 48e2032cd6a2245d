import * as z from "zod/mini";
import type {
  DeviceMemory,
  EngineName,
  Explanation,
  FitChange,
  FitPlan,
  KvCacheType,
  Placement,
  PlanHost,
  QualityLoss,
  Shortfall,
  StartCommand,
} from "../fit-plan.ts";
import { exactly } from "./exactly.ts";
import type { Validator } from "./exactly.ts";
import { backend } from "./hardware-profile.ts";
import { amount, bytes, count, estimate, positiveCount, text } from "./primitives.ts";

export const engineName: Validator<EngineName> = exactly<EngineName>()(
  z.enum([
    "node-llama-cpp",
    "llama-server",
    "ollama",
    "lm-studio",
    "vllm",
    "sglang",
    "vllm-ascend",
    "mindie",
    "mlx",
    "sophon",
    "birensupa",
  ]),
);

const kvCacheType = exactly<KvCacheType>()(
  z.enum(["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl", "fp8"]),
);

const deviceMemory = exactly<DeviceMemory>()(
  z.strictObject({
    device: text,
    weightsBytes: bytes,
    repackedBytes: bytes,
    kvCacheBytes: bytes,
    computeBytes: bytes,
    outputBytes: bytes,
    overheadBytes: bytes,
    totalBytes: bytes,
    budgetBytes: bytes,
  }),
);

const placement = exactly<Placement>()(
  z.strictObject({
    device: text,
    firstBlock: count,
    lastBlock: count,
    part: z.enum(["all", "without-experts", "experts"]),
  }),
);

const planHost = exactly<PlanHost>()(z.strictObject({ host: text, devices: z.array(z.string()) }));

const startCommand = exactly<StartCommand>()(
  z.strictObject({
    program: text,
    arguments: z.array(z.string()),
    environment: z.record(z.string(), z.string()),
  }),
);

const qualityLoss = exactly<QualityLoss>()(
  z.strictObject({
    word: text,
    kld: z.nullable(amount),
    perplexityPercent: z.nullable(z.number()),
    source: z.string(),
  }),
);

const explanation = exactly<Explanation>()(
  z.strictObject({
    quantity: text,
    formula: text,
    inputs: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
    source: text,
  }),
);

/** {@link FitPlan}: one way to run a model on hardware. */
export const fitPlan: Validator<FitPlan> = exactly<FitPlan>()(
  z.strictObject({
    schemaVersion: z.literal(1),
    id: text,
    model: text,
    engine: engineName,
    engineVersion: z.string(),
    backend,
    status: z.enum(["run", "documented", "unverified"]),
    quantization: text,
    kvCacheType,
    contextTokens: positiveCount,
    sequences: positiveCount,
    offloadedLayers: count,
    expertsOnCpu: z.boolean(),
    tensorParallel: positiveCount,
    threads: positiveCount,
    batchTokens: positiveCount,
    mmap: z.boolean(),
    repack: z.boolean(),
    flashAttention: z.boolean(),
    placement: z.array(placement),
    hosts: z.array(planHost),
    memory: z.strictObject({ devices: z.array(deviceMemory) }),
    fits: z.boolean(),
    usable: z.boolean(),
    decodeTokensPerSecond: estimate,
    prefillTokensPerSecond: estimate,
    timeToFirstTokenMs: estimate,
    timeToAnswerMs: estimate,
    diskBytes: bytes,
    qualityLoss,
    localCostUsdPerMillionTokens: z.nullable(estimate),
    startCommand: z.nullable(startCommand),
    explanations: z.array(explanation),
    notes: z.array(z.string()),
  }),
);

const fitChange = exactly<FitChange>()(
  z.strictObject({
    kind: z.enum([
      "less-context",
      "fewer-sequences",
      "kv-cache-type",
      "smaller-quantization",
      "free-device-memory",
      "free-host-memory",
      "raise-wired-limit",
      "raise-gtt-limit",
      "raise-container-limit",
      "more-memory",
      "smaller-model",
    ]),
    text,
    bytes: z.nullable(bytes),
    command: z.nullable(z.string()),
  }),
);

/** {@link Shortfall}: why nothing fits. */
export const shortfall: Validator<Shortfall> = exactly<Shortfall>()(
  z.strictObject({
    limit: z.enum(["device_memory", "host_memory", "disk", "context", "engine"]),
    device: z.string(),
    neededBytes: bytes,
    budgetBytes: bytes,
    missingBytes: bytes,
    changes: z.array(fitChange),
  }),
);
