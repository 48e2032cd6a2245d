import type { CheckReport, Explanation } from "@qwq-fit/schema";

/** How the cost of an answer in the cheapest cloud, and here, came about. */
export function explainCost({ cloud, choice, workload }: CheckReport): Explanation[] {
  const offer = cloud.find(({ holdsWorkload }) => holdsWorkload);
  const perMillion = choice?.localCostUsdPerMillionTokens ?? null;
  const tokens = {
    promptTokens: workload.promptTokens,
    reasoningTokens: workload.reasoningTokens,
    answerTokens: workload.answerTokens,
  };
  const inCloud: Explanation[] =
    offer === undefined
      ? []
      : [
          {
            quantity: `cost of an answer at ${offer.provider}`,
            formula: "(prompt × input price + (thinking + answer) × output price) ÷ 10⁶",
            inputs: {
              ...tokens,
              inputUsdPerMillionTokens: offer.inputUsdPerMillionTokens,
              outputUsdPerMillionTokens: offer.outputUsdPerMillionTokens,
              usdPerAnswer: offer.usdPerAnswer,
              unverified: offer.unverified,
            },
            source: offer.source,
          },
        ];
  const here: Explanation[] =
    perMillion === null
      ? []
      : [
          {
            quantity: "electricity of an answer here",
            formula: "(thinking + answer) × watts ÷ 1000 × USD per kWh ÷ 3600 ÷ tokens a second",
            inputs: {
              reasoningTokens: workload.reasoningTokens,
              answerTokens: workload.answerTokens,
              usdPerMillionTokens: perMillion.expected,
            },
            source: perMillion.sources.join("; ") || "not known",
          },
        ];
  return [...inCloud, ...here];
}
