import { type Estimate, QwqError } from "@qwq-fit/schema";
import type { CloudOffer } from "@qwq-fit/schema";
import { relative, type ReplayNode } from "./replay-node.ts";
import { performanceAt, servingNode } from "./serving.ts";

/** How fast a cloud answers: no listed provider states it, so it is assumed, widely, or told. */
export interface CloudSpeed {
  readonly decodeTokensPerSecond: Estimate;
  readonly firstTokenMs: Estimate;
  readonly prefillTokensPerSecond: Estimate;
}

const assumed = (low: number, expected: number, high: number): Estimate => ({
  low,
  expected,
  high,
  coverage: 0.8,
  method: "predicted",
  sources: [
    "assumed for any cloud, not measured: tell yours by --cloud-speed and --cloud-first-token",
  ],
});
const told = (value: number, option: string): Estimate => ({
  ...assumed(value, value, value),
  sources: [option],
});

/** The assumption, with what the caller knows of it. */
export function cloudSpeed(
  tokensPerSecond: number | undefined,
  firstTokenMs: number | undefined,
): CloudSpeed {
  return {
    decodeTokensPerSecond:
      tokensPerSecond === undefined ? assumed(20, 45, 100) : told(tokensPerSecond, "--cloud-speed"),
    firstTokenMs:
      firstTokenMs === undefined
        ? assumed(300, 800, 2500)
        : told(firstTokenMs, "--cloud-first-token"),
    prefillTokensPerSecond: assumed(2000, 5000, 12_000),
  };
}

/** Other names of providers in profiles/prices/tokens.json. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  dashscope: ["alibaba-cn", "alibaba"],
  alibaba: ["alibaba", "alibaba-cn"],
  cloudflare: ["cloudflare-workers-ai"],
  together: ["together", "togetherai"],
  huggingface: ["huggingface", "huggingface (nscale)"],
};

/**
 * The offer that `cloud:PROVIDER` names, the cheapest of several of the model.
 *
 * @throws {QwqError} `invalid_value`.
 */
export function findOffer(
  provider: string,
  model: string | null,
  offers: readonly CloudOffer[],
): CloudOffer {
  const name = provider.toLowerCase();
  for (const wanted of PROVIDERS[name] ?? [name]) {
    const found = offers.find(
      (offer) =>
        offer.provider.toLowerCase() === wanted &&
        (model === null || offer.model.toLowerCase().endsWith(model.toLowerCase())),
    );
    if (found !== undefined) return found;
  }
  const known = [...new Set(offers.map((offer) => offer.provider))];
  throw new QwqError("invalid_value", `no price of this model at cloud:${provider} is known`, {
    hint:
      known.length === 0
        ? "No cloud's price of this model is known."
        : `Known are ${known.join(", ")}${known.includes("alibaba-cn") ? " (dashscope)" : ""}.`,
  });
}

/** Requests that one caller may have running at a cloud: above, it waits. Assumed; quotas differ. */
const CLOUD_SLOTS = 256;

/** A cloud as a node: it always has room, and costs by the token. */
export function cloudNode(label: string, offer: CloudOffer, speed: CloudSpeed): ReplayNode {
  const { decodeTokensPerSecond, prefillTokensPerSecond, firstTokenMs } = speed;
  return {
    label,
    kind: label,
    simulated: (name, { prefill, decode }) => ({
      name,
      rates: {
        slots: CLOUD_SLOTS,
        // It reads every prompt at once: not one after the other, as one machine does.
        prefillTokensPerSecond: 1e12,
        decodeTokensPerSecond: () => decodeTokensPerSecond.expected * decode,
        prefillChunkMs: 0,
        queueLimit: Infinity,
        overheadMs: firstTokenMs.expected / prefill,
        firstTokenInPrefill: true,
        contextTokens: offer.contextTokens ?? Infinity,
        ...(offer.maxOutputTokens === null ? {} : { mostOutputTokens: offer.maxOutputTokens }),
      },
      outages: [],
    }),
    serving: (name) =>
      servingNode(name, {
        privacy: "any",
        slots: CLOUD_SLOTS,
        engine: "openai-compatible",
        performance: [performanceAt(1, 1024, prefillTokensPerSecond, decodeTokensPerSecond)],
        inputUsdPerMillionTokens: offer.inputUsdPerMillionTokens,
        outputUsdPerMillionTokens: offer.outputUsdPerMillionTokens,
      }),
    // Of a cloud the time to first token is what is uncertain: the faster, the shorter.
    prefillRange: relative({
      ...firstTokenMs,
      low: firstTokenMs.expected / firstTokenMs.high,
      expected: 1,
      high: firstTokenMs.expected / firstTokenMs.low,
    }),
    decodeRange: relative(decodeTokensPerSecond),
    price: {
      kind: "tokens",
      inputUsdPerMillionTokens: offer.inputUsdPerMillionTokens,
      outputUsdPerMillionTokens: offer.outputUsdPerMillionTokens,
      sources: [offer.source],
    },
    about: {
      engine: "cloud",
      model: `${offer.provider}: ${offer.model}`,
      quantization: null,
      slots: CLOUD_SLOTS,
      contextTokens: offer.contextTokens,
      kvTokens: null,
      decodeTokensPerSecond,
      prefillTokensPerSecond,
      coldStartMs: null,
      notes: [
        ...(offer.unverified ? ["its price is from memory, unverified"] : []),
        ...(offer.maxOutputTokens === null
          ? []
          : [`its answers end at ${offer.maxOutputTokens} tokens, thinking included`]),
      ],
    },
  };
}
