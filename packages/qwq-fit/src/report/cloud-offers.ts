import type { CloudOffer, ModelEntry, ModelProfile, TokenPrice, Workload } from "@qwq-fit/schema";

const MILLION = 1_000_000;

/** A name without its owner, case and punctuation: "Qwen/QwQ-32B" and "qwq_32b" are one. */
function plain(name: string): string {
  return (name.split("/").at(-1) ?? name).toLowerCase().replaceAll(/[^a-z0-9]/gu, "");
}

function toOffer(price: TokenPrice, workload: Workload): CloudOffer {
  const output = workload.reasoningTokens + workload.answerTokens;
  const needed = Math.max(workload.contextTokens, workload.promptTokens + output);
  const { contextTokens, maxOutputTokens } = price;
  return {
    provider: price.provider,
    model: price.model,
    inputUsdPerMillionTokens: price.inputUsdPerMillionTokens,
    outputUsdPerMillionTokens: price.outputUsdPerMillionTokens,
    contextTokens,
    maxOutputTokens,
    usdPerAnswer:
      (workload.promptTokens * price.inputUsdPerMillionTokens +
        output * price.outputUsdPerMillionTokens) /
      MILLION,
    holdsWorkload:
      (contextTokens === null || needed <= contextTokens) &&
      (maxOutputTokens === null || output <= maxOutputTokens),
    source: price.source,
    unverified: price.unverified,
  };
}

/**
 * Clouds that offer the model, cheapest answer first; those that cannot hold the workload come last.
 *
 * An answer costs `prompt × input price + (thinking + answer) × output price`: every listed provider bills thinking as
 * output. A free offer (price 0) is a promotion or a quota, not a price, and is left out.
 */
export function cloudOffers(
  model: ModelProfile,
  entry: ModelEntry | null,
  workload: Workload,
  prices: readonly TokenPrice[],
): CloudOffer[] {
  const names = new Set([model.id, model.name, ...(entry?.aliases ?? [])].map(plain));
  return prices
    .filter((price) => names.has(plain(price.model)) && price.outputUsdPerMillionTokens > 0)
    .map((price) => toOffer(price, workload))
    .toSorted(
      (a, b) =>
        Number(b.holdsWorkload) - Number(a.holdsWorkload) || a.usdPerAnswer - b.usdPerAnswer,
    );
}
