import type { SpeedInput } from "../../packages/planner/src/index.ts";
import type { SpeedDevice } from "../../packages/planner/src/speed/speed-types.ts";

export const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** Share of the routed experts that one token reads. */
export const activeShare = (input: SpeedInput): number =>
  input.model.experts === null
    ? 0
    : input.model.experts.usedPerToken / Math.max(1, input.model.experts.count);

/** Bytes that a device reads for one token at least. */
export const bytesPerToken = (input: SpeedInput, device: SpeedDevice): number =>
  sum(Object.values(device.weightBytesByType)) +
  activeShare(input) * sum(Object.values(device.expertBytesByType));
