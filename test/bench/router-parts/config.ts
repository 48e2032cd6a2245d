import { hashSecret } from "@qwq-fit/router";
import { BENCH_KEY, BENCH_SECRET } from "./key.ts";

/** One node, one key, and every limit on, so high that none is reached. The pepper is "pepper". */
export async function benchConfig(upstream: string): Promise<Readonly<Record<string, unknown>>> {
  return {
    logRequests: false,
    nodes: [{ name: "mock", url: `${upstream}/v1`, slots: 1000, models: [{ id: "m" }] }],
    keys: [
      {
        id: BENCH_KEY.split("_")[1],
        hashes: [await hashSecret("pepper", BENCH_SECRET)],
        limits: {
          requestsPerMinute: 1e6,
          tokensPerMinute: 1e12,
          tokensPerDay: 1e15,
          concurrentStreams: 1e5,
        },
      },
    ],
  };
}
