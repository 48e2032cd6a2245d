import { bandwidthOf, chipOf, engineClass, flopsOf } from "./chip-of.ts";
import type { ChipGroup, SpeedCoefficients, SpeedPart } from "./speed-coefficients.ts";
import { termsOf } from "./speed-terms.ts";
import type { SpeedTerm } from "./speed-terms.ts";
import type { SpeedDevice, SpeedInput } from "./speed-types.ts";

/** Time at the reference, and what the fitted terms make of it. */
export interface SpeedComponent {
  readonly part: SpeedPart;
  /** Seconds at nominal figures; for "layer" and "link" the count of blocks. */
  readonly reference: number;
  readonly terms: readonly SpeedTerm[];
}

type Chips = Readonly<Record<string, ChipGroup>>;

/** Weights of layers in host memory are copied to the GPU for a batch: PCIe 4.0 x16, half of its 32 GB/s reached. */
const HOST_LINK_BYTES_PER_SECOND = 16e9;

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

const bytesOf = (bytes: Readonly<Record<string, number>>): number => sum(Object.values(bytes));

/** Share of the routed experts that `tokens` touch when each picks `used` of `count` at random. */
const touchedShare = (input: SpeedInput, tokens: number): number => {
  const experts = input.model.experts;
  if (experts === null || experts.count === 0) return 0;
  return 1 - (1 - experts.usedPerToken / experts.count) ** tokens;
};

const activeElements = (input: SpeedInput, device: SpeedDevice): number =>
  device.weightElements + touchedShare(input, 1) * device.expertElements;

const cacheBytesAt = (device: SpeedDevice, depth: number): number =>
  device.kvBytesPerCachedToken * depth +
  sum(
    device.windows.map((window) => window.kvBytesPerToken * Math.min(depth, window.windowTokens)),
  );

const load = (device: SpeedDevice): number =>
  (bytesOf(device.weightBytesByType) + bytesOf(device.expertBytesByType)) / bandwidthOf(device);

/** Devices whose times add up: all in turn, or, where they work on a layer at once, the fullest. */
const inTurn = (input: SpeedInput): readonly SpeedDevice[] => {
  if (input.tensorParallel <= 1) return input.devices;
  const slowest = input.devices.toSorted((a, b) => load(b) - load(a))[0];
  return slowest === undefined ? [] : [slowest];
};

/**
 * One step that gives each running sequence a token, at a cache of `depth` tokens each: a fixed time a
 * block, weights and cache over the bandwidth that is reached; with tensor parallelism an exchange after
 * attention and feed-forward of each block; with many sequences the operations that they add.
 */
export const decodeComponents = (
  input: SpeedInput,
  depth: number,
  chips: Chips,
): readonly SpeedComponent[] => {
  const sequences = Math.max(1, input.workload.concurrency);
  const touched = touchedShare(input, sequences);
  return inTurn(input).flatMap((device) => {
    const chip = chipOf(device, chips);
    const flops = flopsOf(device, chip);
    const bandwidth = bandwidthOf(device);
    const make = (part: SpeedPart, reference: number): SpeedComponent => ({
      part,
      reference,
      terms: termsOf(part, input, device, chip, flops),
    });
    const weights = bytesOf(device.weightBytesByType) + touched * bytesOf(device.expertBytesByType);
    const cache = sequences * (cacheBytesAt(device, depth) + 2 * device.stateBytes);
    const components = [
      make("layer", device.blocks),
      make("weights", weights / bandwidth),
      make("cache", cache / bandwidth),
    ];
    if (input.tensorParallel > 1) components.push(make("link", device.blocks));
    if (sequences > 1) {
      const added = 2 * (sequences - 1) * activeElements(input, device);
      components.push(make("compute", added / flops));
    }
    return components.filter((component) => component.reference > 0);
  });
};

/**
 * A prompt of `tokens` from an empty cache: operations over the throughput that is reached, attention
 * with its square, and reading the experts that a batch touches. Cards that split the layers work on
 * successive batches at once (llama.cpp v0.5.0 src/llama-context.cpp, pipeline parallelism).
 */
export const prefillComponents = (
  input: SpeedInput,
  tokens: number,
  chips: Chips,
): readonly SpeedComponent[] => {
  const devices = inTurn(input);
  const batches = Math.max(1, tokens / Math.max(1, input.batchTokens));
  const cards = devices.filter((device) => device.kind !== "cpu").length;
  const overlapping = cards > 1 && engineClass(input.engine) === "llama.cpp";
  const ideal = overlapping ? (cards * batches) / (cards + batches - 1) : 1;
  const fastest = Math.max(0, ...devices.map((device) => gpuFlops(device, chips)));
  return devices.flatMap((device) => {
    const chip = chipOf(device, chips);
    const flops = flopsOf(device, chip);
    const pipeline: SpeedTerm[] = ideal > 1 ? [["compute.pipeline", -Math.log(ideal)]] : [];
    const operations = 2 * tokens * activeElements(input, device);
    const attention = (device.attentionFlopsPerCachedToken * tokens * tokens) / 2;
    const copied = device.kind === "cpu" && fastest > 0;
    const computed = copied ? Math.max(flops, fastest) : flops;
    const experts =
      touchedShare(input, Math.min(tokens, input.batchTokens)) *
      bytesOf(device.expertBytesByType) *
      batches;
    const streamed = copied
      ? ((bytesOf(device.weightBytesByType) + bytesOf(device.expertBytesByType)) * batches) /
        HOST_LINK_BYTES_PER_SECOND
      : experts / bandwidthOf(device);
    const make = (part: SpeedPart, reference: number): SpeedComponent => ({
      part,
      reference,
      terms: [...termsOf(part, input, device, chip, flops), ...pipeline],
    });
    return [
      make("compute", operations / computed),
      make("attention", attention / computed),
      make("stream", streamed),
    ].filter((component) => component.reference > 0);
  });
};

const gpuFlops = (device: SpeedDevice, chips: Chips): number =>
  device.kind === "cpu" ? 0 : flopsOf(device, chipOf(device, chips));

/**
 * Parts that are reads: they take their time at nominal bandwidth at the least, and the fitted terms say how
 * much more. So no efficiency passes one, and at 0.9 a better kernel gains little.
 */
const reads: ReadonlySet<SpeedPart> = new Set(["weights", "cache"]);

/** Seconds of a component, and the share of them that its terms move. */
export const componentTime = (
  part: SpeedPart,
  reference: number,
  exponent: number,
): { readonly seconds: number; readonly moving: number } => {
  const moving = reference * Math.exp(exponent);
  return { seconds: reads.has(part) ? reference + moving : moving, moving };
};

/** Seconds of one component under these coefficients. */
export const componentSeconds = (
  component: SpeedComponent,
  coefficients: Pick<SpeedCoefficients, "intercepts" | "terms">,
): number => {
  let exponent = coefficients.intercepts[component.part];
  for (const [name, amount] of component.terms) {
    exponent += amount * (coefficients.terms[name] ?? 0);
  }
  return componentTime(component.part, component.reference, exponent).seconds;
};

/** Seconds of all of them, one after another. */
export const totalSeconds = (
  components: readonly SpeedComponent[],
  coefficients: Pick<SpeedCoefficients, "intercepts" | "terms">,
): number => sum(components.map((component) => componentSeconds(component, coefficients)));
