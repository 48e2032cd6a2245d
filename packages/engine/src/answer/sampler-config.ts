import type { SamplingOptions } from "../generate-request.ts";

/** llama.cpp's default for `penalty_last_n` (v0.5.0 common/common.h, common_params_sampling). */
const PENALTY_LAST_TOKENS = 64;

/**
 * The binding's sampler settings (node-llama-cpp 3.22.1 llama/addon/AddonSampler.cpp, ApplyConfig). The seed is always
 * told: left out, the binding takes the time in seconds, and two requests of one second would say the same.
 * Penalties look at what was generated, not at the prompt.
 */
export function samplerConfig(
  sampling: SamplingOptions,
  seed: number,
  generated: readonly number[],
): Record<string, unknown> {
  const config: Record<string, unknown> = {
    temperature: sampling.temperature ?? 1,
    seed: seed >>> 0,
  };
  const { topK, topP, minP, logitBias } = sampling;
  if (topK !== undefined && topK > 0) config["topK"] = topK;
  if (topP !== undefined && topP < 1) config["topP"] = topP;
  if (minP !== undefined && minP > 0) config["minP"] = minP;
  const repeat = sampling.repeatPenalty ?? 1;
  const presence = sampling.presencePenalty ?? 0;
  const frequency = sampling.frequencyPenalty ?? 0;
  if (repeat !== 1 || presence !== 0 || frequency !== 0) {
    const last = sampling.penaltyLastTokens ?? PENALTY_LAST_TOKENS;
    config["repeatPenalty"] = repeat;
    config["repeatPenaltyPresencePenalty"] = presence;
    config["repeatPenaltyFrequencyPenalty"] = frequency;
    config["repeatPenaltyMaxTokens"] = last;
    config["repeatPenaltyTokens"] = Uint32Array.from(generated.slice(-last));
  }
  const biases = Object.entries(logitBias ?? {});
  if (biases.length > 0) {
    config["tokenBiasKeys"] = Uint32Array.from(biases, ([token]) => Number(token));
    // OpenAI: -100 forbids the token.
    config["tokenBiasValues"] = Float32Array.from(biases, ([, bias]) =>
      bias <= -100 ? Number.NEGATIVE_INFINITY : bias,
    );
  }
  return config;
}
