import type { Measurement } from "../../packages/schema/src/index.ts";

/** What a row's figures are means over, read from its metric. Tokens. */
export interface Run {
  /** Cached tokens in the mean while the answer was generated. */
  readonly depth: number;
  readonly generated: number;
  /** Prompt whose time is part of the decode figure; 0 where it is not. */
  readonly promptWithin: number;
  /** Length of the prompt that the prompt speed is of. */
  readonly promptTokens: number;
  /** Prompt tokens computed at once. */
  readonly batchTokens: number;
  readonly sequences: number;
  /** The decode figure is of all sequences together. */
  readonly aggregate: boolean;
}

const number = (pattern: RegExp, text: string): number | null => {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found.replaceAll(",", ""));
};

/** llama.cpp's n_ubatch (v0.5.0 common/common.h). */
const UBATCH = 512;
/** A chat prompt and answer, where a tool does not say how long its own are. */
const CHAT = { prompt: 50, answer: 400 };

export function describeRun(row: Measurement): Run {
  const { metric } = row;
  const run: Run = {
    depth: CHAT.prompt + CHAT.answer / 2,
    generated: CHAT.answer,
    promptWithin: 0,
    promptTokens: 512,
    batchTokens: UBATCH,
    sequences: 1,
    aggregate: false,
  };
  const concurrent = number(/(\d+) concurrent/, metric);
  if (concurrent !== null) {
    const prompt = number(/([\d,]+) in\b/, metric) ?? CHAT.prompt;
    const generated = number(/([\d,]+) out\b/, metric) ?? CHAT.answer;
    const aggregate = /aggregate/i.test(metric);
    const depth = prompt + generated / 2;
    return { ...run, depth, generated, promptWithin: prompt, sequences: concurrent, aggregate };
  }
  // a graph of fixed shape reads the whole of its cache for each token
  const fixed = number(/\bbmodel seq(\d+)/, row.quantization);
  if (fixed !== null) return { ...run, depth: fixed, promptTokens: fixed };
  const generated = number(/\btg\s?(\d+)/, metric);
  if (generated !== null) {
    // llama-bench generates into an empty cache, or behind a depth that it tells as "@ d4096"
    const behind = number(/@ ?d(\d+)/, metric) ?? 0;
    const promptTokens = number(/\bpp\s?(\d+)/, metric) ?? run.promptTokens;
    // llama.cpp's own benches (benches/dgx-spark) run -p 2048 -n 32 with -ub 2048
    const usual = generated === 32 && promptTokens === 2048 ? promptTokens : UBATCH;
    const batchTokens = number(/\bub(?:atch)?\s?(\d+)/, metric) ?? usual;
    return { ...run, depth: behind + generated / 2, generated, promptTokens, batchTokens };
  }
  const served = number(/(\d+) generated/, metric);
  if (served !== null) {
    const prompt = row.contextTokens ?? 1;
    return { ...run, depth: prompt + served / 2, generated: served, promptWithin: prompt };
  }
  if (/end-to-end/.test(metric)) return { ...run, promptWithin: CHAT.prompt };
  return run;
}

/** llama.cpp got CUDA graphs (pull request 6766) and faster Metal kernels by the middle of 2024. */
export function isOlderEngine(row: Measurement, engine: string): boolean {
  return engine === "llama.cpp" && row.date !== null && row.date < "2024-07" && row.date !== "2024";
}
