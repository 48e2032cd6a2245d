import type { DeviceProfile, EngineName, ModelProfile } from "@qwq-fit/schema";

/** What an engine's own list says of a model on a kind of device. */
export interface Served {
  readonly contextTokens: number;
  /** Devices for which it is made; null for any number. */
  readonly devices: number | null;
  readonly quantizations: readonly string[] | null;
}

const isAtlas300 = (device: DeviceProfile): boolean =>
  device.vendor === "Huawei" && /310P|300I|300V/.test(device.name);

/** vllm-ascend's list for the 310P (@182b75e supported_models.md): Qwen3 dense up to 20k, Qwen3-30B-A3B up to 16k, W8A8. */
function on310P(model: ModelProfile): readonly Served[] {
  if (model.architecture === "qwen3") {
    return [{ contextTokens: 20_480, devices: null, quantizations: ["W8A8"] }];
  }
  if (model.architecture === "qwen3moe" && model.parameters < 4e10) {
    return [{ contextTokens: 16_384, devices: null, quantizations: ["W8A8"] }];
  }
  return [];
}

/** Compiled models that LLM-TPU names for QwQ-32B (@d581e7b models/Qwen2_5/README.md). */
const sophonQwq: readonly Served[] = [
  { contextTokens: 2048, devices: 2, quantizations: ["AWQ-4bit"] },
  { contextTokens: 2048, devices: 4, quantizations: ["AWQ-4bit"] },
  { contextTokens: 16_384, devices: 4, quantizations: ["AWQ-4bit"] },
];

/**
 * The entries of an engine's list for a model on a device; null where the engine has no such list. None
 * of MindIE for the 310P was found, so vllm-ascend's counts for both.
 */
export function servedBy(
  engine: EngineName,
  model: ModelProfile,
  device: DeviceProfile,
): readonly Served[] | null {
  if (isAtlas300(device) && (engine === "vllm-ascend" || engine === "mindie")) return on310P(model);
  if (engine === "sophon") return model.id === "Qwen/QwQ-32B" ? sophonQwq : [];
  return null;
}

/** What to say where a device's own list leaves the model out. */
export function listNote(
  engine: EngineName,
  model: ModelProfile,
  devices: readonly DeviceProfile[],
): string | null {
  const atlas = devices.find(isAtlas300);
  if (atlas === undefined || engine === "vllm-ascend" || on310P(model).length > 0) return null;
  return `The list of vllm-ascend for ${atlas.name} has no ${model.name}: it names Qwen3 dense models (20k context) and Qwen3-30B-A3B (16k), both W8A8.`;
}
