import type { TokenLogprob, TokenLogprobs } from "../generate-events.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** Told instead of minus infinity, as OpenAI does. */
const LEAST_LOGPROB = -9999;

/** The model's own probabilities at a place in the batch, before any sampling setting: of `token` and of the likeliest. */
export async function sampleLogprobs(
  loaded: LoadedModel,
  logit: number,
  token: number,
  alternatives: number,
): Promise<TokenLogprobs> {
  // A greedy sampler changes no logit, so what it reports is the model's.
  const sampler = new loaded.binding.native.AddonSampler(loaded.model);
  try {
    sampler.applyConfig({ temperature: 0, seed: 0 });
    const pairs = loaded.binding.parallelSampling
      ? await fromLogits(loaded, logit, sampler, token, alternatives)
      : await fromProbabilities(loaded, logit, sampler);
    const own = pairs.find(([id]) => id === token)?.[1] ?? LEAST_LOGPROB;
    const decoder = new TextDecoder();
    const told = (id: number, logprob: number): TokenLogprob => {
      const bytes = loaded.bytesOf(id);
      return {
        tokenId: id,
        text: decoder.decode(bytes),
        bytes: [...bytes],
        logprob: Math.max(logprob, LEAST_LOGPROB),
      };
    };
    return {
      ...told(token, own),
      alternatives: pairs.slice(0, alternatives).map(([id, value]) => told(id, value)),
    };
  } finally {
    sampler.dispose();
  }
}

type Sampler = Parameters<LoadedModel["context"]["sampleToken"]>[1];

/** 3.22.1: the wanted logits and the sum of all weights over the largest. Likeliest first. */
async function fromLogits(
  { context }: LoadedModel,
  logit: number,
  sampler: Sampler,
  token: number,
  alternatives: number,
): Promise<[number, number][]> {
  const top = Math.max(alternatives, 1);
  const filter: [number[], boolean, boolean, boolean, number] = [[token], false, false, false, top];
  const sampled = await context.sampleToken(logit, sampler, false, false, filter, true);
  const [, , , logits = [], weight = 1] = sampled;
  const most = logits[1] ?? 0;
  return toPairs(logits).map(([id, value]) => [id, value - most - Math.log(weight)]);
}

/** 3.21.1 only tells the probabilities of the whole vocabulary. Likeliest first. */
async function fromProbabilities(
  { context }: LoadedModel,
  logit: number,
  sampler: Sampler,
): Promise<[number, number][]> {
  const [, probabilities = []] = await context.sampleToken(logit, sampler, true, false);
  return toPairs(probabilities).map(([id, value]) => [id, Math.log(value)]);
}

function toPairs(flat: readonly number[]): [number, number][] {
  const list: [number, number][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) list.push([flat[i] ?? 0, flat[i + 1] ?? 0]);
  return list;
}
