import type { Hyperparameters } from "./hyperparameters.ts";
import { optionalNumber } from "./hyperparameters.ts";

/** In which blocks an architecture attends to a window only. */
interface WindowPattern {
  /** Of each `every` blocks one attends fully: the first or the last of them. */
  readonly every: number;
  readonly fullFirst: boolean;
}

/**
 * Defaults where the file states no pattern (llama.cpp v0.5.0 src/models/<architecture>.cpp,
 * load_swa_pattern and set_swa_pattern). Other architectures ignore a window that a file states.
 */
const PATTERNS: Readonly<Record<string, WindowPattern>> = {
  afmoe: { every: 4, fullFirst: false },
  cohere2: { every: 4, fullFirst: false },
  exaone4: { every: 4, fullFirst: false },
  gemma2: { every: 2, fullFirst: false },
  gemma3: { every: 6, fullFirst: false },
  gemma3n: { every: 5, fullFirst: false },
  "gpt-oss": { every: 2, fullFirst: false },
  llama4: { every: 4, fullFirst: false },
  olmo2: { every: 4, fullFirst: false },
  plamo3: { every: 8, fullFirst: false },
  smallthinker: { every: 4, fullFirst: true },
};

/** src/models/llama4.cpp: attention in chunks of this length where the file states nothing. */
const LLAMA4_CHUNK_TOKENS = 8192;

/** Tokens that a block attends to, or null where it attends to all. */
export function windowOfBlock(
  architecture: string,
  values: Hyperparameters,
  block: number,
): number | null {
  const pattern = PATTERNS[architecture];
  const window =
    optionalNumber(values, "attention.sliding_window") ??
    (architecture === "llama4" ? LLAMA4_CHUNK_TOKENS : null);
  const stated = values["attention.sliding_window_pattern"];
  if (window === null || window === 0) return null;
  if (typeof stated === "object") return (stated[block] ?? 0) === 0 ? null : window;
  if (pattern === undefined) return null;
  const every = typeof stated === "number" ? stated : pattern.every;
  if (every === 0) return window;
  const isFull = pattern.fullFirst ? block % every === 0 : block % every === every - 1;
  return isFull ? null : window;
}
