import { bandwidthOf, engineClass, typeClass, typeShares } from "./chip-of.ts";
import type { Chip } from "./chip-of.ts";
import type { SpeedPart } from "./speed-coefficients.ts";
import type { SpeedDevice, SpeedInput } from "./speed-types.ts";

/** A named difference from the whole, and how much of it applies. */
export type SpeedTerm = readonly [name: string, amount: number];

const named = (part: SpeedPart, entries: readonly (readonly [string, string])[]): SpeedTerm[] =>
  entries.map(([level, group]) => [`${part}.${level}:${group}`, 1]);

/** Share of a model's blocks that have no full attention. */
const lightShare = (input: SpeedInput): number =>
  input.model.lightBlocks / Math.max(1, input.model.blocks);

const activeShare = (input: SpeedInput): number => {
  const experts = input.model.experts;
  return experts === null ? 0 : experts.usedPerToken / Math.max(1, experts.count);
};

/** What the time of a block beside its bytes depends on: launching kernels, small operations. */
const layerTerms = (input: SpeedInput, device: SpeedDevice, chip: Chip): SpeedTerm[] => {
  const engine = engineClass(input.engine);
  const terms = named("layer", [
    ["backend", device.backend],
    ["engine", engine],
    ["vendor", chip.vendor],
    ["family", chip.family],
    ["device", chip.key],
  ]);
  // kernels of wide models run longer than a launch
  terms.push(["layer.width", Math.log(Math.max(1, input.model.embeddingLength) / 4096)]);
  // operations beside the matrices are faster on a faster chip
  terms.push(["layer.scale", Math.log(bandwidthOf(device) / 5e11)]);
  if (input.olderEngine) {
    terms.push(...named("layer", [["older", device.backend]]));
    terms.push(...named("layer", [["olderFamily", chip.family]]));
  }
  if (input.model.experts !== null) {
    terms.push(["layer.experts", 1], [`layer.expertsEngine:${engine}/${device.backend}`, 1]);
    // a kernel that unpacks its experts one by one takes its time whatever their size
    for (const [type, share] of sharesOf(input, device)) {
      terms.push([`layer.expertsType:${engine}/${type}`, share]);
    }
  }
  if (input.model.lightBlocks > 0) {
    const light = lightShare(input);
    terms.push(["layer.hybrid", light], [`layer.hybridEngine:${engine}/${device.backend}`, light]);
  }
  if (engine === "vllm" || engine === "sglang") {
    for (const [type, share] of sharesOf(input, device)) {
      terms.push([`layer.typeEngine:${engine}/${type}`, share]);
    }
  }
  return terms;
};

const sharesOf = (input: SpeedInput, device: SpeedDevice): readonly (readonly [string, number])[] =>
  Object.entries(
    typeShares([device.weightBytesByType, 1], [device.expertBytesByType, activeShare(input)]),
  );

type Level = readonly [level: string, group: string];

/** A CPU's maker tells nothing of the memory that stands beside it: all CPUs are one group. */
const makerLevels = (device: SpeedDevice, levels: readonly Level[]): readonly Level[] =>
  device.kind === "cpu" ? [] : levels;

/** Machines with a CPU differ more, by their memory, than cards of a family do. */
const deviceLevel = (device: SpeedDevice): string =>
  device.kind === "cpu" ? "processor" : "device";

/** What share of the nominal bandwidth weights are read with. Terms of an efficiency: time falls with it. */
const weightTerms = (input: SpeedInput, device: SpeedDevice, chip: Chip): SpeedTerm[] => {
  const engine = engineClass(input.engine);
  const { backend } = device;
  const pair = `${engine}/${backend}`;
  const memory = `${chip.vendor}/${chip.memory}`;
  const terms = named("weights", [
    ["backend", backend],
    ["engine", engine],
    ...makerLevels(device, [
      ["vendor", chip.vendor],
      ["vendorBackend", `${chip.vendor}/${backend}`],
      ["memory", memory],
      ["memoryEngine", `${memory}/${engine}`],
    ]),
    ["family", chip.family],
    ["familyBackend", `${chip.family}/${backend}`],
    [deviceLevel(device), chip.key],
    ["deviceEngine", `${chip.key}/${pair}`],
  ]);
  // operations that unpack weights: a desktop card's 10 a byte of bandwidth is the reference
  if (chip.integerOps !== null) {
    terms.push(["weights.ratio", Math.log(chip.integerOps / bandwidthOf(device) / 10)]);
  }
  for (const [type, share] of sharesOf(input, device)) {
    const kind = typeClass(type);
    terms.push(
      [`weights.class:${kind}`, share],
      [`weights.type:${type}`, share],
      [`weights.classBackend:${pair}/${kind}`, share],
      [`weights.typeBackend:${pair}/${type}`, share],
      [`weights.classFamily:${chip.family}/${kind}`, share],
    );
    if (input.olderEngine) terms.push([`weights.olderClass:${backend}/${kind}`, share]);
    if (input.model.experts !== null) terms.push([`weights.expertsType:${engine}/${type}`, share]);
  }
  if (input.olderEngine) {
    terms.push(
      ...named("weights", [
        ["older", backend],
        ["olderFamily", chip.family],
        ["olderDevice", chip.key],
      ]),
    );
  }
  if (input.model.experts !== null) {
    terms.push(["weights.experts", 1], [`weights.expertsEngine:${pair}`, 1]);
  }
  if (input.model.lightBlocks > 0) terms.push(["weights.hybrid", lightShare(input)]);
  return terms;
};

const cacheTerms = (input: SpeedInput, device: SpeedDevice, chip: Chip): SpeedTerm[] => {
  const levels: (readonly [string, string])[] = [
    ["backend", device.backend],
    ["engine", engineClass(input.engine)],
    ["family", chip.family],
  ];
  if (input.olderEngine) levels.push(["older", device.backend]);
  return named("cache", levels);
};

/**
 * A card that could compute much for its power is held back by it. Matrix units alone: the share that
 * shaders reach has other limits. An Ada card's 0.7 TFLOPS a watt is the reference.
 */
const powerTerms = (device: SpeedDevice, chip: Chip, flops: number): SpeedTerm[] =>
  chip.watts === null || device.tensorFp16Flops === null
    ? []
    : [["compute.power", Math.log(flops / chip.watts / 0.7e12)]];

const computeTerms = (
  input: SpeedInput,
  device: SpeedDevice,
  chip: Chip,
  flops: number,
): SpeedTerm[] => {
  const engine = engineClass(input.engine);
  const { backend } = device;
  const memory = `${chip.vendor}/${chip.memory}`;
  const elements = input.devices.reduce(
    (sum, part) => sum + part.weightElements + activeShare(input) * part.expertElements,
    0,
  );
  const size = Math.log(Math.max(1, elements) / 8e9);
  const scale = Math.log(flops / 1e14);
  const terms = named("compute", [
    ["backend", backend],
    ["engine", engine],
    ...makerLevels(device, [
      ["vendor", chip.vendor],
      ["vendorBackend", `${chip.vendor}/${backend}`],
      ["memory", memory],
    ]),
    ["family", chip.family],
    [deviceLevel(device), chip.key],
    ["deviceBackend", `${chip.key}/${backend}`],
  ]);
  terms.push(
    ["compute.scale", scale],
    [`compute.scaleMemory:${memory}`, scale],
    ["compute.size", size],
    [`compute.sizeBackend:${backend}`, size],
  );
  terms.push(...powerTerms(device, chip, flops));
  if (device.tensorFp16Flops !== null) terms.push(["compute.tensor", 1]);
  for (const [type, share] of sharesOf(input, device)) {
    const kind = typeClass(type);
    terms.push(
      [`compute.class:${kind}`, share],
      [`compute.classBackend:${backend}/${kind}`, share],
    );
    if (input.olderEngine) terms.push([`compute.olderClass:${backend}/${kind}`, share]);
  }
  if (input.olderEngine) {
    terms.push(
      ...named("compute", [
        ["older", backend],
        ["olderFamily", chip.family],
      ]),
    );
  }
  if (input.model.experts !== null) {
    terms.push(["compute.experts", 1], [`compute.expertsBackend:${backend}`, 1]);
  }
  if (input.model.lightBlocks > 0) terms.push(["compute.hybrid", lightShare(input)]);
  return terms;
};

const attentionTerms = (
  input: SpeedInput,
  device: SpeedDevice,
  chip: Chip,
  flops: number,
): SpeedTerm[] => {
  const levels: (readonly [string, string])[] = [
    ["backend", device.backend],
    ["family", chip.family],
    ["memory", `${chip.vendor}/${chip.memory}`],
  ];
  if (input.olderEngine) levels.push(["older", device.backend]);
  return [...named("attention", levels), ...powerTerms(device, chip, flops)];
};

/** The terms of one part of the time on one device. */
export const termsOf = (
  part: SpeedPart,
  input: SpeedInput,
  device: SpeedDevice,
  chip: Chip,
  flops: number,
): readonly SpeedTerm[] => {
  switch (part) {
    case "layer":
      return layerTerms(input, device, chip);
    case "weights":
      return negated(weightTerms(input, device, chip));
    case "cache":
      return negated(cacheTerms(input, device, chip));
    case "compute":
      return negated(computeTerms(input, device, chip, flops));
    case "attention":
      return negated(attentionTerms(input, device, chip, flops));
    case "link":
      return named("link", [["vendor", chip.vendor]]);
    case "stream":
      return [];
  }
};

/** A better efficiency is less time. */
const negated = (terms: readonly SpeedTerm[]): SpeedTerm[] =>
  terms.map(([name, amount]) => [name, -amount]);
