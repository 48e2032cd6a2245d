import type {
  BlockCache,
  CpuProfile,
  DeviceProfile,
  HardwareProfile,
  LocalMeasurement,
  ModelProfile,
  Placement,
  TensorInfo,
  WeightsVariant,
  Workload,
} from "@qwq-fit/schema";

import type { SpeedDevice, SpeedInput } from "./speed-types.ts";
import { stateTensors } from "./untyped-weights.ts";

/** The settings of an engine that change its speed. A superset of no engine's: each may be told apart. */
export interface SpeedSettings {
  readonly engine: string;
  readonly backend: string;
  readonly kvCacheType: string;
  readonly flashAttention: boolean;
  readonly batchTokens: number;
  readonly threads: number;
  readonly tensorParallel: number;
}

/**
 * Bytes of one KV element. Block types: bytes of a block over its elements
 * (llama.cpp v0.5.0 ggml/src/ggml-common.h, block_q8_0 and its neighbours).
 */
const kvElementBytes: Readonly<Record<string, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  fp8: 1,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
};

/** Recurrent states are kept as f32 (llama.cpp v0.5.0 src/llama-model.cpp, create_memory: recurrent types F32). */
const stateElementBytes = 4;

type Draft = {
  -readonly [Key in keyof SpeedDevice]: SpeedDevice[Key];
} & {
  weightBytesByType: Record<string, number>;
  expertBytesByType: Record<string, number>;
  windows: { windowTokens: number; kvBytesPerToken: number }[];
};

const blockOf = (tensor: string): number | null => {
  const match = /^blk\.(\d+)\./.exec(tensor);
  return match === null ? null : Number(match[1]);
};

const isRoutedExpert = (tensor: string): boolean => /_exps(\.|$)/.test(tensor);

/** Rows of the embedding are looked up, not multiplied; a tied one is the head as well and is read. */
const isLookup = (tensor: string, tied: boolean): boolean =>
  tensor.startsWith("token_embd") && !tied;

const isLight = (cache: BlockCache): boolean =>
  cache.kind === "recurrent" || (cache.kind === "gqa" && cache.windowTokens !== null);

const elements = (tensor: TensorInfo): number =>
  tensor.shape.reduce((product, size) => product * size, 1);

const emptyShare = (): Pick<
  Draft,
  | "weightBytesByType"
  | "expertBytesByType"
  | "weightElements"
  | "expertElements"
  | "kvBytesPerCachedToken"
  | "windows"
  | "stateBytes"
  | "attentionFlopsPerCachedToken"
  | "blocks"
> => ({
  weightBytesByType: {},
  expertBytesByType: {},
  weightElements: 0,
  expertElements: 0,
  kvBytesPerCachedToken: 0,
  windows: [],
  stateBytes: 0,
  attentionFlopsPerCachedToken: 0,
  blocks: 0,
});

const deviceDraft = (profile: DeviceProfile, backend: string): Draft => ({
  device: profile.id,
  kind: profile.kind,
  vendor: profile.vendor,
  name: profile.name,
  catalogId: profile.catalogId,
  family: null,
  backend,
  bandwidthBytesPerSecond: profile.bandwidthBytesPerSecond,
  tensorFp16Flops: profile.tensorFp16Flops,
  cores: null,
  instructionSets: [],
  ...emptyShare(),
});

const hostDraft = (cpu: CpuProfile, threads: number): Draft => ({
  device: "host",
  kind: "cpu",
  vendor: cpu.vendor,
  name: cpu.name,
  catalogId: null,
  family: null,
  backend: "cpu",
  bandwidthBytesPerSecond: cpu.bandwidthBytesPerSecond,
  tensorFp16Flops: null,
  cores: threads > 0 ? Math.min(threads, cpu.usableCores) : cpu.usableCores,
  instructionSets: cpu.instructionSets,
  ...emptyShare(),
});

const addCache = (
  draft: Draft,
  cache: BlockCache,
  model: ModelProfile,
  kvType: string,
  share: number,
): void => {
  if (cache.kind === "recurrent") {
    draft.stateBytes += (cache.convElements + cache.stateElements) * stateElementBytes * share;
    return;
  }
  const rowElements =
    cache.kind === "mla" ? cache.rowLength : cache.kvHeads * (cache.keyLength + cache.valueLength);
  const bytes = rowElements * (kvElementBytes[kvType] ?? 2) * share;
  const window = cache.kind === "gqa" ? cache.windowTokens : null;
  if (window === null) draft.kvBytesPerCachedToken += bytes;
  else draft.windows.push({ windowTokens: window, kvBytesPerToken: bytes });
  // a score and a weighted sum for every query head: 2 multiply-adds an element, 2 operations each
  const headElements =
    cache.kind === "mla" ? 2 * cache.rowLength : cache.keyLength + cache.valueLength;
  draft.attentionFlopsPerCachedToken += 2 * model.attentionHeads * headElements * share;
};

const addTensor = (draft: Draft, tensor: TensorInfo, share: number): void => {
  const routed = isRoutedExpert(tensor.name);
  const bytes = routed ? draft.expertBytesByType : draft.weightBytesByType;
  bytes[tensor.type] = (bytes[tensor.type] ?? 0) + tensor.bytes * share;
  if (routed) draft.expertElements += elements(tensor) * share;
  else draft.weightElements += elements(tensor) * share;
};

const placed = (placement: Placement, block: number, routed: boolean): boolean =>
  block >= placement.firstBlock &&
  block <= placement.lastBlock &&
  (placement.part === "all" || (placement.part === "experts") === routed);

/**
 * What `estimateSpeed` needs, from the values that a plan is made of.
 *
 * Weights read for a token: all tensors but the embedding's rows (a tied embedding is the head and is
 * read), routed experts by their active share. Tensors outside blocks go with the output head, which a
 * placement counts as block `model.blocks.length`, or, where none holds it, to the last device.
 * With `tensorParallel` above 1 every placed device takes an equal share of its blocks.
 */
export const buildSpeedInput = (
  model: ModelProfile,
  variant: WeightsVariant,
  settings: SpeedSettings,
  hardware: HardwareProfile,
  placement: readonly Placement[],
  workload: Workload,
  measurement: LocalMeasurement | null = null,
): SpeedInput => {
  const drafts = new Map<string, Draft>();
  const draftOf = (device: string): Draft => {
    const known = drafts.get(device);
    if (known !== undefined) return known;
    const profile = hardware.devices.find((candidate) => candidate.id === device);
    const made =
      profile === undefined
        ? hostDraft(hardware.cpu, settings.threads)
        : deviceDraft(profile, settings.backend);
    drafts.set(device, made);
    return made;
  };
  const share = 1 / Math.max(1, settings.tensorParallel);
  const ordered = placement.toSorted((a, b) => a.firstBlock - b.firstBlock);
  const last = ordered.at(-1)?.device ?? "host";
  const holders = (block: number, routed: boolean): readonly Draft[] => {
    const found = ordered.filter((entry) => placed(entry, block, routed));
    const names = found.length > 0 ? found.map((entry) => entry.device) : [last];
    return [...new Set(names)].map(draftOf);
  };
  for (const [block, profile] of model.blocks.entries()) {
    for (const draft of holders(block, false)) {
      addCache(draft, profile.cache, model, settings.kvCacheType, share);
      draft.blocks += 1;
    }
  }
  for (const tensor of stateTensors(model, variant)) {
    if (isLookup(tensor.name, model.tiedEmbeddings)) continue;
    const block = blockOf(tensor.name) ?? model.blocks.length;
    // blocks for multi-token prediction stand behind the head and are not run
    if (blockOf(tensor.name) !== null && block >= model.blocks.length) continue;
    for (const draft of holders(block, isRoutedExpert(tensor.name)))
      addTensor(draft, tensor, share);
  }
  return {
    model: {
      id: model.id,
      architecture: model.architecture,
      embeddingLength: model.embeddingLength,
      blocks: model.blocks.length,
      lightBlocks: model.blocks.filter(({ cache }) => isLight(cache)).length,
      experts:
        model.experts === null
          ? null
          : { count: model.experts.count, usedPerToken: model.experts.usedPerToken },
    },
    quantization: variant.quantization,
    engine: settings.engine,
    olderEngine: false,
    devices: [...drafts.values()],
    tensorParallel: Math.max(1, settings.tensorParallel),
    workload,
    kvCacheType: settings.kvCacheType,
    flashAttention: settings.flashAttention,
    batchTokens: settings.batchTokens,
    measurement,
  };
};
