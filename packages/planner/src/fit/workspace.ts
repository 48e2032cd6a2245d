import type { HardwareProfile, ModelProfile, WeightsVariant } from "@qwq-fit/schema";

import { MemoryEstimator } from "../engines/llama-cpp/memory-estimator.ts";
import type { SpeedEstimate } from "../speed/speed-types.ts";
import { condenseTensors } from "./condense.ts";
import type { ExactMemory } from "./llama-settings.ts";
import { type VariantBytes, weighVariant } from "./variant-bytes.ts";

/**
 * What is worked out once and used for many candidates: by one call of the planner, or by several about
 * the same models (the same objects) on different machines.
 */
export class Workspace {
  readonly #exact = new Map<WeightsVariant, Map<string, ExactMemory>>();
  readonly #estimators = new Map<WeightsVariant, Map<string, MemoryEstimator>>();
  readonly #bytes = new Map<WeightsVariant, Map<string, VariantBytes>>();
  readonly #condensed = new Map<WeightsVariant, WeightsVariant>();
  readonly #speeds = new WeakMap<HardwareProfile, Map<string, SpeedEstimate>>();

  /** What the engine's exact rules said of settings that were asked about before. */
  exact(variant: WeightsVariant, key: string, make: () => ExactMemory): ExactMemory {
    const known = this.#exact.get(variant) ?? new Map<string, ExactMemory>();
    this.#exact.set(variant, known);
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  }

  /** The engine's exact rules for a file on a machine, or on one that is like it in all that they read. */
  estimator(
    model: ModelProfile,
    variant: WeightsVariant,
    hardware: HardwareProfile,
  ): MemoryEstimator {
    const devices = hardware.devices.map((device) => [
      device.id,
      device.vendor,
      device.name,
      device.backends,
      device.freeBytes,
      device.memoryBytes,
    ]);
    const key = JSON.stringify([devices, hardware.cpu.instructionSets]);
    const known = this.#estimators.get(variant) ?? new Map<string, MemoryEstimator>();
    this.#estimators.set(variant, known);
    const made = known.get(key) ?? new MemoryEstimator(model, variant, hardware);
    known.set(key, made);
    return made;
  }

  /** A file's bytes by block. */
  bytes(model: ModelProfile, variant: WeightsVariant, hardware: HardwareProfile): VariantBytes {
    const key = hardware.cpu.instructionSets.join();
    const known = this.#bytes.get(variant) ?? new Map<string, VariantBytes>();
    this.#bytes.set(variant, known);
    const made = known.get(key) ?? weighVariant(model, variant, hardware.cpu);
    known.set(key, made);
    return made;
  }

  /** The file with the tensors of a block joined: same sums, fewer to walk. */
  condensed(variant: WeightsVariant): WeightsVariant {
    const made = this.#condensed.get(variant) ?? condenseTensors(variant);
    this.#condensed.set(variant, made);
    return made;
  }

  /** A predicted speed, made once. */
  speed(hardware: HardwareProfile, key: string, make: () => SpeedEstimate): SpeedEstimate {
    const known = this.#speeds.get(hardware) ?? new Map<string, SpeedEstimate>();
    this.#speeds.set(hardware, known);
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  }
}
