import type { Estimate, NodePerformance, PrivacyClass, ServingNode } from "@qwq-fit/schema";

/** What is the same for every node of a replay. */
export function servingNode(
  name: string,
  facts: {
    readonly privacy: PrivacyClass;
    readonly slots: number;
    readonly engine: ServingNode["engine"];
    readonly performance: readonly NodePerformance[];
    readonly inputUsdPerMillionTokens: number | null;
    readonly outputUsdPerMillionTokens: number | null;
  },
): ServingNode {
  return {
    name,
    engine: facts.engine,
    baseUrl: "http://replay.invalid/v1",
    privacy: facts.privacy,
    region: null,
    models: [
      {
        id: "model",
        aliases: [],
        quantization: null,
        contextTokens: null,
        maxOutputTokens: null,
        inputUsdPerMillionTokens: facts.inputUsdPerMillionTokens,
        outputUsdPerMillionTokens: facts.outputUsdPerMillionTokens,
      },
    ],
    slots: facts.slots,
    capabilities: {
      tools: true,
      jsonSchema: true,
      vision: false,
      embeddings: false,
      logprobs: false,
      continuation: true,
      apis: ["chat"],
    },
    performance: facts.performance,
  };
}

/** A row of what routing believes. */
export function performanceAt(
  concurrency: number,
  promptTokens: number,
  prefill: Estimate,
  decode: Estimate,
): NodePerformance {
  return {
    model: "model",
    promptTokens,
    concurrency,
    prefillTokensPerSecond: prefill,
    decodeTokensPerSecond: decode,
  };
}

/** An estimate times a factor. */
export function scaled(estimate: Estimate, factor: number): Estimate {
  const { low, expected, high } = estimate;
  return { ...estimate, low: low * factor, expected: expected * factor, high: high * factor };
}
