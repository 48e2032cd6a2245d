import type { Job } from "./service-rates.ts";

/** Which prompts' beginnings a node still holds; the longest unused goes first. */
export interface PrefixCache {
  /** Tokens of the job's prompt that need not be read; at least its last one is. */
  cachedTokens(job: Job): number;
  /** The job's prompt and answer are in the cache now. */
  keep(job: Job): void;
  clear(): void;
}

/** A cache for `most` prefixes: one a slot, or as many as a paged cache has room for. */
export function createPrefixCache(most: number): PrefixCache {
  const held = new Map<string | number, number>();
  return {
    cachedTokens: ({ prefixKey, prefixTokens, promptTokens }) => {
      if (prefixKey === undefined || prefixTokens === undefined) return 0;
      return Math.max(0, Math.min(held.get(prefixKey) ?? 0, prefixTokens, promptTokens - 1));
    },
    keep: ({ prefixKey, promptTokens, outputTokens }) => {
      if (prefixKey === undefined || most === 0) return;
      held.delete(prefixKey);
      held.set(prefixKey, promptTokens + outputTokens);
      if (held.size <= most) return;
      for (const oldest of held.keys()) {
        held.delete(oldest);
        return;
      }
    },
    clear: () => held.clear(),
  };
}
