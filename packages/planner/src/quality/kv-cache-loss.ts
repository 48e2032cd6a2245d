import type { KvCacheType } from "@qwq-fit/schema";

/** What a KV type adds to the divergence, nats a token. */
export interface KvCacheLoss {
  readonly kld: number;
  readonly source: string;
  readonly unverified: boolean;
}

const measured =
  "ggml-org/llama.cpp pull request 7412, LLaMA-3-8B f16 weights: f16/q8_0/q8_0 0.000980 less f16/f16/f16 0.000189";

/**
 * Only q8_0 has a divergence that was measured for keys and values. The others are scaled from what
 * their keys alone add to perplexity (LLaMA-2-7B: q5_1 +0.22 %, q5_0 +0.42 %, q4_1 +0.96 %, iq4_nl
 * +1.11 %, q4_0 +1.91 %), taking a divergence of 0.011 for each percent as Q4_K_M's weights show in
 * llama.cpp's table, and nothing for the values: unverified, and low rather than high.
 */
const perplexity =
  "ggml-org/llama.cpp pull request 6183, LLaMA-2-7B, keys alone, perplexity; divergence scaled from it, unverified";

const scaled = (perplexityPercent: number): KvCacheLoss => ({
  kld: 0.011 * perplexityPercent,
  source: perplexity,
  unverified: true,
});

const none: KvCacheLoss = { kld: 0, source: "the cache's own precision", unverified: false };

const losses: Readonly<Record<KvCacheType, KvCacheLoss>> = {
  f32: none,
  f16: none,
  bf16: none,
  q8_0: { kld: 0.00079, source: measured, unverified: false },
  fp8: { kld: 0.00079, source: `taken as q8_0's, unverified: ${measured}`, unverified: true },
  q5_1: scaled(0.22),
  q5_0: scaled(0.42),
  q4_1: scaled(0.96),
  iq4_nl: scaled(1.11),
  q4_0: scaled(1.91),
};

/** Loss that the KV cache's type adds to that of the weights. */
export const kvCacheLoss = (type: KvCacheType): KvCacheLoss => losses[type];
