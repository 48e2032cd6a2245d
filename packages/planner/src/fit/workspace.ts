import type { HardwareProfile, ModelProfile, WeightsVariant } from "@qwq-fit/schema";

import { MemoryEstimator } from "../engines/llama-cpp/memory-estimator.ts";
import type { SpeedInput } from "../speed/speed-types.ts";
import { condenseTensors } from "./condense.ts";
import { type VariantBytes, weighVariant } from "./variant-bytes.ts";

/** What one call of the planner works out once and uses for many candidates. */
export class Workspace {
  readonly #estimators = new Map<HardwareProfile, Map<WeightsVariant, MemoryEstimator>>();
  readonly #bytes = new Map<WeightsVariant, VariantBytes>();
  readonly #condensed = new Map<WeightsVariant, WeightsVariant>();
  readonly #speeds = new Map<WeightsVariant, Map<string, SpeedInput>>();

  /** The engine's exact rules for a file on a machine. */
  estimator(
    model: ModelProfile,
    variant: WeightsVariant,
    hardware: HardwareProfile,
  ): MemoryEstimator {
    const known = this.#estimators.get(hardware) ?? new Map<WeightsVariant, MemoryEstimator>();
    this.#estimators.set(hardware, known);
    const made = known.get(variant) ?? new MemoryEstimator(model, variant, hardware);
    known.set(variant, made);
    return made;
  }

  /** A file's bytes by block. */
  bytes(model: ModelProfile, variant: WeightsVariant, hardware: HardwareProfile): VariantBytes {
    const made = this.#bytes.get(variant) ?? weighVariant(model, variant, hardware.cpu);
    this.#bytes.set(variant, made);
    return made;
  }

  /** The file with the tensors of a block joined: same sums, fewer to walk. */
  condensed(variant: WeightsVariant): WeightsVariant {
    const made = this.#condensed.get(variant) ?? condenseTensors(variant);
    this.#condensed.set(variant, made);
    return made;
  }

  /** A speed input by placement, made once. */
  speedInput(variant: WeightsVariant, key: string, make: () => SpeedInput): SpeedInput {
    const known = this.#speeds.get(variant) ?? new Map<string, SpeedInput>();
    this.#speeds.set(variant, known);
    const made = known.get(key) ?? make();
    known.set(key, made);
    return made;
  }
}
