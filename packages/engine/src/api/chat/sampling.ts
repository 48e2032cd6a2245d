import type { SamplingDefaults } from "@qwq-fit/schema";
import type { SamplingOptions } from "../../generate-request.ts";

/** Sampling fields of a chat or text completion request. Null counts as left out. */
export interface SamplingFields {
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly top_k?: number | null;
  readonly min_p?: number | null;
  readonly presence_penalty?: number | null;
  readonly frequency_penalty?: number | null;
  readonly repeat_penalty?: number | null;
  readonly repetition_penalty?: number | null;
  readonly logit_bias?: Readonly<Record<string, number>> | null;
  readonly seed?: number | null;
}

/**
 * How tokens are chosen: the request's word, else the model card's, else neutral. Nothing said never means
 * greedy: where neither says a temperature it is 1, OpenAI's default.
 */
export function samplingOf(
  request: SamplingFields,
  card: SamplingDefaults,
  seed: number | null,
): SamplingOptions {
  const topK = request.top_k ?? card.topK;
  const { min_p, top_p, frequency_penalty: frequency } = request;
  const minP = min_p ?? card.minP;
  const topP = top_p ?? card.topP;
  const presence = request.presence_penalty ?? card.presencePenalty;
  const repeat = request.repeat_penalty ?? request.repetition_penalty ?? card.repeatPenalty;
  return {
    temperature: request.temperature ?? card.temperature ?? 1,
    ...(topP === undefined ? {} : { topP }),
    // 0 and -1 mean all tokens, in vLLM as in llama.cpp.
    ...(topK === undefined || topK <= 0 ? {} : { topK }),
    ...(minP === undefined ? {} : { minP }),
    ...(presence === undefined ? {} : { presencePenalty: presence }),
    ...(typeof frequency === "number" ? { frequencyPenalty: frequency } : {}),
    ...(repeat === undefined ? {} : { repeatPenalty: repeat }),
    ...(request.logit_bias ? { logitBias: request.logit_bias } : {}),
    ...(seed === null ? {} : { seed }),
  };
}
