export { estimateSpeed } from "./speed/estimate-speed.ts";
export type {
  ChipGroup,
  RangeGroup,
  RangeTable,
  SpeedCoefficients,
  SpeedPart,
} from "./speed/speed-coefficients.ts";
export { FALLBACK_COEFFICIENTS } from "./speed/speed-coefficients.ts";
export {
  componentSeconds,
  componentTime,
  decodeComponents,
  prefillComponents,
  totalSeconds,
} from "./speed/speed-components.ts";
export type { SpeedComponent } from "./speed/speed-components.ts";
export { heaviestChip, logHalfWidth, runKey } from "./speed/speed-range.ts";
export { engineClass } from "./speed/chip-of.ts";
export type { Chip } from "./speed/chip-of.ts";
export { buildSpeedInput } from "./speed/speed-input.ts";
export type { SpeedSettings } from "./speed/speed-input.ts";
export type { BytesByType, SpeedDevice, SpeedEstimate, SpeedInput } from "./speed/speed-types.ts";
export { planFit } from "./fit/plan-fit.ts";
export type { Objective, PlanOptions } from "./fit/plan-options.ts";
export type { LlamaCppEngine, LlamaCppSettings } from "./engines/llama-cpp/llama-cpp-settings.ts";
export { MemoryEstimator } from "./engines/llama-cpp/memory-estimator.ts";
export type { BufferBytes, MemoryEstimate } from "./engines/llama-cpp/memory-estimator.ts";
export { estimateMemory } from "./memory/estimate-memory.ts";
export { resolveHardware } from "./hardware/resolve-hardware.ts";
export type { ResolvedHardware } from "./hardware/resolve-hardware.ts";
export { withCatalogFigures } from "./hardware/with-catalog-figures.ts";
export { planReverse } from "./fit/plan-reverse.ts";
export type { SuitableMachine } from "./fit/plan-reverse.ts";
export { compareFits } from "./fit/compare-fits.ts";
export type { ComparedCase, ComparedFit } from "./fit/compare-fits.ts";
