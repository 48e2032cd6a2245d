import type { KvCacheType, QualityLoss, WeightsVariant } from "@qwq-fit/schema";

import { kvCacheLoss } from "./kv-cache-loss.ts";
import {
  lossless,
  lossSources,
  measuredLosses,
  type MeasuredLoss,
  measuredParameters,
} from "./measured-loss.ts";

/** Divergence below which a word holds: Q8_0 is "none", Q4_K_M "barely noticeable", Q3_K_M "noticeable", Q2_K "large" or worse. */
const words = [
  [0.003, "none"],
  [0.05, "barely noticeable"],
  [0.13, "noticeable"],
  [0.4, "large"],
] as const;

const wordFor = (kld: number): string => words.find(([limit]) => kld < limit)?.[1] ?? "severe";

interface WeightsLoss {
  readonly kld: number;
  readonly perplexityPercent: number | null;
  readonly source: string;
}

/** Weight of the larger measured model for one of `parameters`: 0 at 8B, 1 at 70B, linear in the logarithm. */
function sizeShare(parameters: number): number {
  const { small, large } = measuredParameters;
  const share = Math.log(Math.max(1, parameters) / small) / Math.log(large / small);
  return Math.min(1, Math.max(0, share));
}

function perplexityAt(row: MeasuredLoss, parameters: number): number | null {
  const [low, high] = [row.perplexity8bPercent, row.perplexity70bPercent];
  if (low === null || high === null) return high ?? low;
  const share = sizeShare(parameters);
  return Number((low * (1 - share) + high * share).toFixed(2));
}

function measuredKld(row: MeasuredLoss, imatrix: boolean | null): WeightsLoss {
  const kld = imatrix === true ? (row.kld8bImatrix ?? row.kld8b) : (row.kld8b ?? row.kld8bImatrix);
  const withMatrix = kld === row.kld8bImatrix && row.kld8bImatrix !== null;
  return {
    kld: kld ?? 0,
    perplexityPercent: null,
    source: `${lossSources.kld}${withMatrix ? ", with importance matrix" : ""}`,
  };
}

/** Divergence of a format that nobody measured, from its bits a weight on the curve of the K and IQ mixes. */
export function kldAtBits(bitsPerWeight: number): number {
  // Q4_0, Q4_1 and Q5_0 lie above the curve of the better mixes and are left out
  const curve = Object.entries(measuredLosses)
    .filter(([name]) => !/^Q[45]_[01]$/.test(name))
    .map(([, row]) => ({
      bits: row.bitsPerWeight,
      kld: row.kld8bImatrix ?? row.kld8b ?? 0,
    }))
    .toSorted((a, b) => a.bits - b.bits);
  let worst = Infinity;
  const points = curve.map(({ bits, kld }) => ({ bits, kld: (worst = Math.min(worst, kld)) }));
  const above = points.findIndex(({ bits }) => bits >= bitsPerWeight);
  if (above < 0) return bitsPerWeight >= 16 ? 0 : (points.at(-1)?.kld ?? 0);
  const [low, high] = [points[above - 1], points[above]];
  if (low === undefined || high === undefined) return high?.kld ?? 0;
  const share = (bitsPerWeight - low.bits) / Math.max(1e-9, high.bits - low.bits);
  return Math.exp(Math.log(low.kld) * (1 - share) + Math.log(high.kld) * share);
}

function weightsLoss(variant: WeightsVariant, parameters: number): WeightsLoss {
  const name = variant.quantization.toUpperCase();
  if (lossless.has(name)) return { kld: 0, perplexityPercent: 0, source: "as published" };
  const row = measuredLosses[name];
  if (row !== undefined) {
    return {
      ...measuredKld(row, variant.imatrix),
      perplexityPercent: perplexityAt(row, parameters),
    };
  }
  const bits = (variant.tensorBytes * 8) / Math.max(1, parameters);
  return {
    kld: kldAtBits(bits),
    perplexityPercent: null,
    source: `not measured: read off the curve of ${lossSources.kld} at ${bits.toFixed(2)} bits a weight, unverified`,
  };
}

/** Divergence of weights and KV cache together, nats a token: what plans are ranked by. */
export const totalKld = (
  variant: WeightsVariant,
  kvCacheType: KvCacheType,
  parameters: number,
): number => weightsLoss(variant, parameters).kld + kvCacheLoss(kvCacheType).kld;

/**
 * What a quantization and a KV type cost in quality: a word, the divergence and the rise of perplexity.
 *
 * The divergence is that of LLaMA-3-8B, the one model for which llama.cpp publishes it, plus the KV
 * type's. Perplexity is interpolated by the logarithm of the size between LLaMA-3-8B and Llama-3-70B
 * (which loses more at the same quantization). No table for the planned model itself was found.
 */
export function qualityLoss(
  variant: WeightsVariant,
  kvCacheType: KvCacheType,
  parameters: number,
): QualityLoss {
  const weights = weightsLoss(variant, parameters);
  const cache = kvCacheLoss(kvCacheType);
  const kld = weights.kld + cache.kld;
  const sources = [
    weights.source,
    ...(weights.perplexityPercent === null || weights.perplexityPercent === 0
      ? []
      : [`perplexity by size: ${lossSources.perplexity70b}`]),
    ...(cache.kld === 0 ? [] : [`KV ${kvCacheType}: ${cache.source}`]),
  ];
  return {
    word: wordFor(kld),
    kld: Number(kld.toPrecision(4)),
    perplexityPercent: weights.perplexityPercent,
    source: sources.join("; "),
  };
}
