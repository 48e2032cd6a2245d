import { DEFAULT_USABLE_TOKENS_PER_SECOND } from "@qwq-fit/schema";

import type { Problem } from "./problem.ts";

/** Decode speed from which a fitting plan is usable, tokens a second. */
export const usableLimit = (problem: Problem): number =>
  problem.options.usableTokensPerSecond ?? DEFAULT_USABLE_TOKENS_PER_SECOND;
