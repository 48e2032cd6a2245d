import type { HardwareProfile, ModelProfile, WeightsVariant } from "@qwq-fit/schema";

import type { Candidate, Settings } from "./candidate.ts";
import type { Buffers } from "./charge.ts";

const kvBytes: Readonly<Record<string, number>> = { f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 };

/** Buffers of a llama.cpp plan, roughly: a stand-in until the engine's rules are composed. */
export function memoryOf(
  model: ModelProfile,
  variant: WeightsVariant,
  settings: Settings & Pick<Candidate, "support" | "row">,
  hardware: HardwareProfile,
): readonly Buffers[] {
  const head = model.blocks.length;
  const devices = settings.offloadedLayers > 0 ? hardware.devices : [];
  const share = devices.length === 0 ? 0 : settings.offloadedLayers / (head + 1) / devices.length;
  const cells = settings.contextTokens * settings.sequences;
  const kv = model.blocks.reduce((sum, { cache }) => {
    if (cache.kind === "recurrent") return sum;
    const row =
      cache.kind === "mla"
        ? cache.rowLength
        : cache.kvHeads * (cache.keyLength + cache.valueLength);
    return sum + row * (kvBytes[settings.kvCacheType] ?? 2) * cells;
  }, 0);
  const compute = model.vocabularySize * settings.batchTokens * 4;
  const buffers = (device: string, part: number): Buffers => {
    const weightsBytes = Math.round(variant.tensorBytes * part);
    const kvCacheBytes = Math.round(kv * part);
    const repackedBytes = device === "host" && settings.mmap ? Math.round(weightsBytes * 0.75) : 0;
    return {
      device,
      weightsBytes,
      repackedBytes,
      kvCacheBytes,
      computeBytes: compute,
      outputBytes: 0,
      totalBytes: weightsBytes + repackedBytes + kvCacheBytes + compute,
    };
  };
  return [
    buffers("host", 1 - share * devices.length),
    ...devices.map(({ id }) => buffers(id, share)),
  ];
}
