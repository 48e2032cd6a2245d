import { QwqError } from "@qwq-fit/schema";
import type { Engine } from "../engine.ts";
import { type CutSample, median } from "./solve.ts";

/** How long and how often is measured. */
export interface MeasureOptions {
  /** Tokens of the prompt whose reading is timed. */
  readonly promptTokens: number;
  /** Cache depth of the second decode time. */
  readonly depthTokens: number;
  readonly decodeTokens: number;
  /** Rounds over all cuts at the least; noise is told from them. Quick models get more of them. */
  readonly runs: number;
  /** Prompts are read once more only while less than this has gone by since the measuring began. */
  readonly budgetMs: number;
  readonly concurrency: number;
}

/** A cut that is loaded. */
export interface LoadedCut {
  readonly blocks: number;
  readonly offloadedBlocks: number;
  readonly engine: Engine;
}

/** Ids that every vocabulary has and that the writer gives embeddings to: behind bytes, before special tokens. */
const FIRST_ID = 300;
const IDS = 64;

/** Any of these tokens next, evenly: experts are then chosen anew for each token, as for a real text. */
const EVENLY: Readonly<Record<number, number>> = Object.fromEntries(
  Array.from({ length: IDS }, (_, i) => [FIRST_ID + i, 100]),
);
const WARM_UP = { promptTokens: 24, decodeTokens: 2 };
const MOST_ROUNDS = 9;
const PROMPT_ROUNDS = 4;
/** Tokens of the prompt in front of a shallow decode. */
const SHALLOW_TOKENS = 8;

interface Run {
  readonly prefillMsPerToken: number;
  readonly decodeMs: number;
}

/** One request; prompts of one `salt` begin alike, whatever their lengths, so that the cache is kept. */
async function runOnce(
  engine: Engine,
  promptTokens: number,
  decodeTokens: number,
  salt: number,
  signal: AbortSignal | undefined,
): Promise<Run> {
  const tokens = Array.from(
    { length: promptTokens },
    (_, i) => FIRST_ID + ((i * 7 + salt * 13 + 1) % 2000),
  );
  tokens[0] = FIRST_ID + 100 + salt;
  const gaps: number[] = [];
  let lastMs = 0;
  let read = { ms: Number.NaN, tokens: promptTokens };
  const events = engine.generate(
    {
      prompt: { kind: "tokens", tokens },
      maxTokens: decodeTokens,
      ignoreEnd: true,
      sampling: { temperature: 1, seed: salt + 1, logitBias: EVENLY },
    },
    signal,
  );
  for await (const event of events) {
    const nowMs = performance.now();
    if (event.type === "prompt") read = { ...read, tokens: promptTokens - event.cachedTokens };
    if (event.type === "end" && event.timings !== null)
      read = { ...read, ms: event.timings.prefillMs };
    if (event.type !== "token") continue;
    if (lastMs > 0) gaps.push((nowMs - lastMs) / Math.max(1, event.tokenIds.length));
    lastMs = nowMs;
  }
  if (gaps.length === 0) throw new QwqError("engine_failed", "the engine gave no tokens to time");
  return { prefillMsPerToken: read.ms / Math.max(1, read.tokens), decodeMs: undisturbed(gaps) };
}

/** The lower quartile: what else runs on the machine makes tokens slower, and nothing makes them faster. */
function undisturbed(gapsMs: readonly number[]): number {
  return gapsMs.toSorted((a, b) => a - b)[gapsMs.length >> 2] ?? Number.NaN;
}

/**
 * Times loaded cuts in turns, so that what else changes on the machine touches all alike: decode at an empty cache in
 * `runs` rounds, the reading of a prompt, and on the first cut decode behind `depthTokens`, whose prompt is read once.
 */
export async function measureCuts(
  cuts: readonly LoadedCut[],
  options: MeasureOptions,
  signal?: AbortSignal,
): Promise<readonly CutSample[]> {
  const startedMs = performance.now();
  let salt = 0;
  const many = async (
    engine: Engine,
    prompt: number,
    decode: number,
    salts?: number,
  ): Promise<Run> => {
    const first = salts ?? salt;
    if (salts === undefined) salt += options.concurrency;
    const runs = await Promise.all(
      Array.from({ length: options.concurrency }, (_, i) =>
        runOnce(engine, prompt, decode, first + i, signal),
      ),
    );
    return {
      prefillMsPerToken: median(runs.map((run) => run.prefillMsPerToken)),
      decodeMs: median(runs.map((run) => run.decodeMs)),
    };
  };
  const rounds = cuts.map((): number[] => []);
  const prefill = cuts.map((): number[] => []);
  const prompts = cuts.map(() => 0);
  // One after the other: what is timed must have the machine for itself.
  /* oxlint-disable no-await-in-loop */
  for (const { engine } of cuts) {
    await many(engine, WARM_UP.promptTokens, WARM_UP.decodeTokens);
  }
  const more = (round: number): boolean =>
    round < MOST_ROUNDS && performance.now() - startedMs < options.budgetMs / 4;
  for (let round = 0; round < options.runs || more(round); round++) {
    for (const [i, { engine }] of cuts.entries()) {
      rounds[i]?.push((await many(engine, SHALLOW_TOKENS, options.decodeTokens)).decodeMs);
    }
  }
  for (let round = 0; round < PROMPT_ROUNDS; round++) {
    if (round > 0 && performance.now() - startedMs > options.budgetMs / 2) break;
    for (const [i, { engine }] of cuts.entries()) {
      prompts[i] = salt;
      prefill[i]?.push((await many(engine, options.promptTokens, 2)).prefillMsPerToken);
    }
  }
  const [base] = cuts;
  const perTokenMs = Math.min(...(prefill[0] ?? []));
  const left = Math.max(0, options.budgetMs - (performance.now() - startedMs));
  // As deep as the time that is left reaches; the prompt that was timed last is its beginning.
  const depthTokens = Math.min(
    options.depthTokens,
    options.promptTokens + Math.floor(left / perTokenMs / options.concurrency),
  );
  let deepDecodeMs: number | null = null;
  if (base !== undefined) {
    const deep: number[] = [];
    for (let round = 0; round < options.runs; round++) {
      const run = await many(base.engine, depthTokens, options.decodeTokens, prompts[0]);
      deep.push(run.decodeMs);
    }
    deepDecodeMs = median(deep);
  }
  /* oxlint-enable no-await-in-loop */
  return cuts.map(({ blocks, offloadedBlocks }, i) => ({
    blocks,
    offloadedBlocks,
    roundsMs: rounds[i] ?? [],
    deepDecodeMs: i === 0 ? deepDecodeMs : null,
    depthTokens,
    // Not the quickest: cuts are read more often than a whole model, and the best of more readings is a better one.
    prefillMsPerToken: median(prefill[i] ?? []),
  }));
}
