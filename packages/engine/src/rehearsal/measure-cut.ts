import { QwqError } from "@qwq-fit/schema";
import type { Engine } from "../engine.ts";
import type { CutSample } from "./solve.ts";

/** How long and how often is measured. */
export interface MeasureOptions {
  /** Tokens of the prompt whose reading is timed. */
  readonly promptTokens: number;
  /** Cache depth of the second decode time. */
  readonly depthTokens: number;
  readonly decodeTokens: number;
  readonly runs: number;
  readonly concurrency: number;
}

/** Ids that every vocabulary has and that the writer gives embeddings to: behind bytes, before special tokens. */
const FIRST_ID = 300;
const IDS = 64;

/** Any of these tokens next, evenly: experts are then chosen anew for each token, as for a real text. */
const EVENLY: Readonly<Record<number, number>> = Object.fromEntries(
  Array.from({ length: IDS }, (_, i) => [FIRST_ID + i, 100]),
);

interface Run {
  readonly prefillMs: number;
  readonly decodeMs: number;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** One request of its own prompt; `salt` keeps the prefix cache out of it. */
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
  let prefillMs = Number.NaN;
  const startedMs = performance.now();
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
    if (event.type === "end" && event.timings !== null) prefillMs = event.timings.prefillMs;
    if (event.type !== "token") continue;
    if (lastMs > 0) gaps.push((nowMs - lastMs) / Math.max(1, event.tokenIds.length));
    else prefillMs = nowMs - startedMs;
    lastMs = nowMs;
  }
  if (gaps.length === 0) throw new QwqError("engine_failed", "the engine gave no tokens to time");
  return { prefillMs, decodeMs: median(gaps) };
}

/** Times one loaded cut file: a warm-up, then `runs` short and `runs` deep requests. */
export async function measureCut(
  engine: Engine,
  blocks: number,
  options: MeasureOptions,
  signal?: AbortSignal,
): Promise<CutSample> {
  let salt = 0;
  const many = async (prompt: number, decode: number): Promise<Run> => {
    const runs = await Promise.all(
      Array.from({ length: options.concurrency }, () =>
        runOnce(engine, prompt, decode, salt++, signal),
      ),
    );
    return {
      prefillMs: median(runs.map((run) => run.prefillMs)),
      decodeMs: median(runs.map((run) => run.decodeMs)),
    };
  };
  await many(8, 4);
  const short: number[] = [];
  const deep: Run[] = [];
  for (let i = 0; i < options.runs; i++) {
    // One after the other: what is timed must have the machine for itself.
    /* oxlint-disable no-await-in-loop */
    short.push((await many(8, options.decodeTokens)).decodeMs);
    deep.push(
      await many(i === 0 ? options.promptTokens : options.depthTokens, options.decodeTokens),
    );
    /* oxlint-enable no-await-in-loop */
  }
  const [first] = deep;
  const decodeMs = median(short);
  const spread = (Math.max(...short) - Math.min(...short)) / 2 / decodeMs;
  return {
    blocks,
    decodeMs,
    deepDecodeMs: median(deep.map((run) => run.decodeMs)),
    depthTokens: options.depthTokens,
    prefillMsPerToken: (first?.prefillMs ?? Number.NaN) / options.promptTokens,
    noise: spread,
  };
}
