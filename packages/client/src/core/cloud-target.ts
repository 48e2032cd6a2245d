import type { ClientOptions } from "./options.ts";
import type { Target } from "./target.ts";

/** The router and the cloud of the options, as targets. */
export function cloudTarget(cloud: NonNullable<ClientOptions["cloud"]>): Target[] {
  const { edge, baseURL, apiKey, model } = cloud;
  const key = apiKey === undefined ? {} : { apiKey };
  const targets: Target[] = [];
  if (edge !== undefined) {
    const baseUrl = `${edge.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1`;
    // The router relays by itself, and knows its own nodes: here it is one place with room.
    targets.push({
      name: "edge",
      baseUrl,
      privacy: "any",
      slots: 1000,
      capabilities: { continuation: true },
      ...key,
    });
  }
  if (baseURL !== undefined) {
    const price = {
      inputUsdPerMillionTokens: cloud.inputUsdPerMillionTokens ?? null,
      outputUsdPerMillionTokens: cloud.outputUsdPerMillionTokens ?? null,
    };
    const models = model === undefined ? [] : [{ id: model, ...price }];
    targets.push({
      name: "cloud",
      baseUrl: baseURL,
      privacy: "any",
      slots: 1000,
      ...key,
      ...(model === undefined ? {} : { model, models }),
    });
  }
  return targets;
}
