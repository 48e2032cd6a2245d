import type { SpeedDevice } from "../../packages/planner/src/speed/speed-types.ts";
import type { HardwareEntry } from "../../packages/schema/src/index.ts";
import { activeShare, bytesPerToken, sum } from "./bytes-per-token.ts";
import type { Sample } from "./samples.ts";

const giga = (value: number): string => (value / 1e9).toFixed(1);

/** All of these devices at their nominal bandwidth, whatever the split. */
const bandwidthLimit = ({ input, row, observation }: Sample): string | null => {
  const bandwidths = input.devices.map((device) => device.bandwidthBytesPerSecond?.value ?? null);
  const known = bandwidths.filter((value) => value !== null);
  if (known.length < bandwidths.length) return null;
  const bytes = sum(input.devices.map((device) => bytesPerToken(input, device)));
  const needed = bytes / observation.measured;
  const present = sum(known);
  if (needed <= present) return null;
  return (
    `${row.decodeTokensPerSecond} tokens/s of ${giga(bytes)} GB need ${giga(needed)} GB/s; ` +
    `the nominal bandwidth is ${giga(present)} GB/s`
  );
};

/** The highest stated rate of a chip, in 8 bit where that is known; null where only shaders are stated. */
const peak = (device: SpeedDevice, hardware: readonly HardwareEntry[]): number | null => {
  const entry = hardware.find(({ id }) => id === device.catalogId);
  const stated = [entry?.int8Ops?.value, entry?.tensorFp16Flops?.value].filter(
    (value) => value !== undefined,
  );
  return stated.length === 0 ? null : Math.max(...stated);
};

const computeLimit = (
  { input, row, observation }: Sample,
  hardware: readonly HardwareEntry[],
): string | null => {
  const peaks = input.devices.map((device) => peak(device, hardware));
  const known = peaks.filter((value) => value !== null);
  if (known.length < peaks.length) return null;
  const elements = sum(
    input.devices.map(
      ({ weightElements, expertElements }) => weightElements + activeShare(input) * expertElements,
    ),
  );
  const needed = (2 * elements) / observation.measured;
  const present = sum(known);
  if (needed <= present) return null;
  return (
    `${row.promptTokensPerSecond} prompt tokens/s need ${(needed / 1e12).toFixed(1)} TFLOPS; ` +
    `${(present / 1e12).toFixed(1)} are stated`
  );
};

/** Why no such hardware can have done this, or null. Nothing but a stated physical limit refuses a row. */
export function forbiddenBy(sample: Sample, hardware: readonly HardwareEntry[]): string | null {
  return sample.phase === "decode" ? bandwidthLimit(sample) : computeLimit(sample, hardware);
}
