/** Loss of one quantization as measured. Kullback-Leibler divergence in nats a token, perplexity in percent. */
export interface MeasuredLoss {
  readonly bitsPerWeight: number;
  /** LLaMA-3-8B against f16, without an importance matrix. */
  readonly kld8b: number | null;
  /** The same with one. */
  readonly kld8bImatrix: number | null;
  /** Rise of perplexity, LLaMA-3-8B and Llama-3-70B. */
  readonly perplexity8bPercent: number | null;
  readonly perplexity70bPercent: number | null;
}

/** Where the columns of {@link measuredLosses} were read. */
export const lossSources = {
  kld: "ggml-org/llama.cpp tools/perplexity/README.md, LLaMA-3-8B, wiki.test against f16",
  perplexity70b:
    "XiongjieDai/GPU-Benchmarks-on-LLM-Inference README @aa72e0e, Llama-3-70B, wiki.test",
} as const;

/** Parameters of the two measured models, for interpolation by size. */
export const measuredParameters = { small: 8.03e9, large: 70.55e9 } as const;

const row = (
  bitsPerWeight: number,
  kld8b: number | null,
  kld8bImatrix: number | null,
  perplexity8bPercent: number | null,
  perplexity70bPercent: number | null,
): MeasuredLoss => ({
  bitsPerWeight,
  kld8b,
  kld8bImatrix,
  perplexity8bPercent,
  perplexity70bPercent,
});

/** By llama.cpp's name of the mix. Bits a weight are of a 32B Qwen2 layout (IQ1 to IQ2: of the main block type). */
export const measuredLosses: Readonly<Record<string, MeasuredLoss>> = {
  Q8_0: row(8.5, 0.001355, null, 0.04, 0.03),
  Q6_K: row(6.56, 0.005452, null, 0.35, 0.47),
  Q5_K_M: row(5.68, 0.010762, null, 0.91, 1.23),
  Q5_K_S: row(5.53, 0.016595, null, null, 1.89),
  Q5_0: row(5.53, 0.022239, null, null, null),
  Q4_K_M: row(4.85, 0.031273, 0.028152, 2.82, 4.83),
  Q4_K_S: row(4.59, 0.0431, 0.032, null, 6.15),
  IQ4_NL: row(4.59, null, 0.0357, null, 6.9),
  IQ4_XS: row(4.36, null, 0.0363, 3.66, 7.07),
  Q4_1: row(5.04, 0.0717, null, null, null),
  Q4_0: row(4.55, 0.0719, null, 7.52, null),
  Q3_K_L: row(4.21, null, 0.0731, null, 16.63),
  Q3_K_M: row(3.89, 0.1019, 0.0844, 10.54, 18.75),
  IQ3_M: row(3.61, null, 0.1025, null, 21.53),
  IQ3_S: row(3.52, null, 0.1113, null, 22.57),
  IQ3_XS: row(3.35, null, 0.1387, null, 31.45),
  IQ3_XXS: row(3.27, null, 0.1836, null, 40.14),
  Q3_K_S: row(3.51, null, 0.1998, null, 28.95),
  Q2_K: row(3.0, 0.4451, 0.3322, 56.47, 68.73),
  IQ2_M: row(2.7, null, 0.326, 38.01, 72.35),
  IQ2_S: row(2.5, null, 0.439, null, 95.05),
  IQ2_XS: row(2.31, null, 0.546, null, 103.07),
  IQ2_XXS: row(2.06, null, 0.812, null, 135.64),
  IQ1_M: row(1.75, null, 1.393, null, 201.94),
  IQ1_S: row(1.56, null, 2.2, null, 248.51),
};

/** Formats without any loss against the published weights. */
export const lossless: ReadonlySet<string> = new Set(["F32", "F16", "BF16"]);
