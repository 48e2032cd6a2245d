import type { SpeedCoefficients } from "@qwq-fit/planner";
import type { HardwareProfile, LocalMeasurement, ModelProfile } from "@qwq-fit/schema";
import type { Batching, Power, ServiceRates, SimulatedNode } from "@qwq-fit/simulation";
import { isPaged, type ServingPlan } from "./plan-machine.ts";
import { type NodePrice, relative, type ReplayNode, type SpeedFactors } from "./replay-node.ts";
import { performanceAt, scaled, servingNode } from "./serving.ts";
import { type MiddleSizes, type SpeedTable, speedTable } from "./speed-table.ts";

/** Steps of our scheduler aim at this share of their limits (packages/engine/src/scheduler/chunk-size.ts, AIM). */
const AIM = 0.85;
/** packages/engine/src/child/child-engine.ts: `chunkMs` and `aloneChunkMs` where nothing is said. */
const CHUNK_MS = 100;
const ALONE_CHUNK_MS = 1000;
/** packages/engine/src/child/child-engine.ts: `queueLimit` is this many for each sequence. */
const QUEUE_PER_SLOT = 4;
/** vLLM's `max_num_batched_tokens` for serving on most GPUs (docs.vllm.ai, optimization: chunked prefill, 2048). */
const VLLM_STEP_TOKENS = 2048;

/** What a request costs beside its tokens, ms. For models whose steps take tens of ms it is little. */
export interface RequestCost {
  /** Way there and back: HTTP, and between the server and its engine. Nobody else waits for it. */
  readonly wayMs: number;
  /** Of the engine, for each prompt that is read: a batch of another shape is prepared, caches are cold. */
  readonly promptMs: number;
  /** Of the engine, in the steps that follow: weights come back into the caches of the processor. */
  readonly settleMs: number;
}

/** What a machine's node is made of. */
export interface MachineInput {
  readonly label: string;
  readonly model: ModelProfile;
  readonly hardware: HardwareProfile;
  readonly serving: ServingPlan;
  readonly sizes: MiddleSizes;
  readonly coefficients: SpeedCoefficients;
  readonly measured: ReadonlyMap<number, LocalMeasurement>;
  readonly price: NodePrice;
  readonly power: Power | null;
  readonly requestCost: RequestCost;
}

function batchingOf(serving: ServingPlan, table: SpeedTable): Batching {
  const { plan } = serving;
  if (plan.engine === "node-llama-cpp") {
    const { fixedMs } = table;
    return { kind: "time", stepMs: AIM * CHUNK_MS, aloneMs: AIM * ALONE_CHUNK_MS, fixedMs };
  }
  const stepTokens = isPaged(plan.engine) ? VLLM_STEP_TOKENS : plan.batchTokens;
  return { kind: "tokens", stepTokens };
}

function ratesOf(input: MachineInput, table: SpeedTable, factors: SpeedFactors): ServiceRates {
  const { serving, power, sizes } = input;
  const { wayMs, promptMs, settleMs } = input.requestCost;
  const { slots, kvTokens, plan } = serving;
  const { stepMs, msPerCachedToken } = table;
  const last = stepMs.length;
  const batching = batchingOf(serving, table);
  return {
    slots,
    prefillTokensPerSecond:
      (1000 * factors.prefill * sizes.promptTokens) / table.prefillMs(sizes.promptTokens, 0),
    prefillMs: (tokens, cached) => promptMs + table.prefillMs(tokens, cached) / factors.prefill,
    decodeTokensPerSecond: (running) =>
      (1000 * factors.decode) / (stepMs[Math.min(running, last) - 1] ?? Number.NaN),
    decodeMsPerCachedToken: msPerCachedToken / factors.decode,
    prefillChunkMs: 0,
    batching:
      batching.kind === "time"
        ? { ...batching, fixedMs: batching.fixedMs / factors.decode }
        : batching,
    queueLimit: plan.engine === "node-llama-cpp" ? slots * QUEUE_PER_SLOT : Infinity,
    contextTokens: plan.contextTokens,
    ...(kvTokens === null ? {} : { kvTokens }),
    keptPrefixes:
      kvTokens === null
        ? slots
        : Math.max(1, Math.floor(kvTokens / Math.max(1, sizes.promptTokens + sizes.outputTokens))),
    firstTokenInPrefill: true,
    overheadMs: wayMs,
    settleMs,
    ...(power === null ? {} : { power }),
  };
}

/** The node that a plan would be. */
export function machineNode(input: MachineInput): ReplayNode {
  const { label, serving, sizes, power, price } = input;
  const { plan, slots, kvTokens, notes } = serving;
  const { model, hardware, coefficients, measured } = input;
  const variant = model.weights.find(
    (one) =>
      one.quantization === plan.quantization &&
      (one.format === "gguf") === (plan.engine === "node-llama-cpp" || plan.offloadedLayers > 0),
  );
  const weights = variant ?? model.weights.find((one) => one.quantization === plan.quantization);
  if (weights === undefined) throw new RangeError(`no weights ${plan.quantization}`);
  const table = speedTable(
    { model, variant: weights, plan, hardware, coefficients, measured },
    sizes,
    slots,
  );
  const depth = sizes.promptTokens + sizes.outputTokens / 2;
  const performance = Array.from(table.stepMs, (emptyMs, i) => {
    const ms = emptyMs + table.msPerCachedToken * depth * (i + 1);
    const alone = 1000 / (table.decodeTokensPerSecond.expected * ms);
    const decode = scaled(table.decodeTokensPerSecond, alone);
    return performanceAt(i + 1, sizes.promptTokens, table.prefillTokensPerSecond, decode);
  });
  return {
    label,
    kind: label,
    simulated: (name, factors): SimulatedNode => ({
      name,
      rates: ratesOf(input, table, factors),
      outages: [],
    }),
    serving: (name) =>
      servingNode(name, {
        privacy: price.kind === "own" ? "own-network" : "region",
        slots,
        engine: plan.engine,
        performance,
        inputUsdPerMillionTokens: null,
        outputUsdPerMillionTokens: null,
      }),
    prefillRange: relative(table.prefillTokensPerSecond),
    decodeRange: relative(table.decodeTokensPerSecond),
    price,
    about: {
      engine: plan.engine,
      model: model.name,
      quantization: plan.quantization,
      slots,
      contextTokens: plan.contextTokens,
      kvTokens,
      decodeTokensPerSecond: table.decodeTokensPerSecond,
      prefillTokensPerSecond: table.prefillTokensPerSecond,
      coldStartMs: power?.coldStartMs ?? null,
      notes: [...notes, ...plan.notes],
    },
  };
}
