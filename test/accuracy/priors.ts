import {
  FALLBACK_COEFFICIENTS,
  type SpeedPart,
} from "../../packages/planner/src/speed/speed-coefficients.ts";

/** Where the search starts: the plain roofline. */
export const START: Readonly<Record<SpeedPart, number>> = FALLBACK_COEFFICIENTS.intercepts;

/**
 * How far the terms of one level may differ from the level above, as standard deviations of logarithms:
 * the model's partial pooling. Chosen by hand from how chips of one family and rows of one chip differ.
 * The errors are flat around them: 0.7 and 1.5 times all spreads of the weights move the median decode
 * error of left-out rows by 0.002 and of left-out devices by 0.012.
 */
const spreads: Readonly<Record<string, number>> = {
  "layer.whole": 1.5,
  "layer.backend": 0.4,
  "layer.engine": 0.5,
  "layer.vendor": 0.3,
  "layer.family": 0.25,
  "layer.device": 0.15,
  "layer.width": 0.5,
  "layer.scale": 0.3,
  "layer.older": 1,
  "layer.olderFamily": 0.3,
  "layer.experts": 0.6,
  "layer.expertsEngine": 0.6,
  "layer.expertsType": 1.5,
  "layer.hybrid": 0.5,
  "layer.hybridEngine": 0.4,
  "layer.typeEngine": 0.3,
  "weights.whole": 1,
  "weights.backend": 0.38,
  "weights.engine": 0.45,
  "weights.vendor": 0.38,
  "weights.vendorBackend": 0.8,
  "weights.memory": 0.6,
  "weights.memoryEngine": 0.6,
  "weights.family": 0.3,
  "weights.familyBackend": 0.3,
  "weights.device": 0.38,
  "weights.processor": 0.5,
  "weights.deviceEngine": 0.22,
  "weights.ratio": 0.8,
  "weights.class": 0.19,
  "weights.type": 0.15,
  "weights.classBackend": 0.19,
  "weights.typeBackend": 0.19,
  "weights.classFamily": 0.15,
  "weights.older": 0.8,
  "weights.olderClass": 0.6,
  "weights.olderDevice": 0.38,
  "weights.olderFamily": 0.38,
  "weights.experts": 0.8,
  "weights.expertsEngine": 0.8,
  "weights.expertsType": 0.5,
  "weights.hybrid": 0.8,
  "cache.whole": 1.8,
  "cache.backend": 0.9,
  "cache.engine": 0.7,
  "cache.family": 0.5,
  "cache.older": 1.1,
  "link.whole": 0.7,
  "link.vendor": 0.3,
  "compute.whole": 1,
  "compute.backend": 0.25,
  "compute.engine": 0.2,
  "compute.vendor": 0.3,
  "compute.vendorBackend": 0.3,
  "compute.memory": 0.25,
  "compute.family": 0.2,
  "compute.device": 0.2,
  "compute.processor": 0.4,
  "compute.deviceBackend": 0.1,
  "compute.scale": 0.15,
  "compute.scaleMemory": 0.1,
  "compute.size": 0.05,
  "compute.sizeBackend": 0.05,
  "compute.tensor": 0.5,
  "compute.power": 0.5,
  "compute.class": 0.15,
  "compute.classBackend": 0.15,
  "compute.older": 0.3,
  "compute.olderFamily": 0.15,
  "compute.olderClass": 0.2,
  "compute.experts": 0.5,
  "compute.expertsBackend": 0.3,
  "compute.hybrid": 0.3,
  "compute.pipeline": 0.5,
  "attention.whole": 1,
  "attention.backend": 0.5,
  "attention.family": 0.3,
  "attention.memory": 0.3,
  "attention.older": 0.7,
  "stream.whole": 0.3,
};

/** Prior standard deviation of a term, by what stands before its group. */
export function priorSpread(name: string): number {
  const level = name.split(":")[0] ?? name;
  const spread = spreads[level];
  if (spread === undefined) throw new Error(`no prior for the term ${level}`);
  return spread;
}
