import type { Engine } from "../engine.ts";
import type { GenerateEvent } from "../generate-events.ts";
import type { GenerateRequest } from "../generate-request.ts";

/** A generator of pseudo-random numbers in [0, 1) from a seed (mulberry32): the same mix for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the scripted model says as a whole. */
export interface ScriptedText {
  readonly thoughts: number;
  readonly words: number;
}

/** What became of a mix of streams. */
export interface MixResult {
  readonly streams: number;
  readonly whole: number;
  readonly stopped: number;
  readonly limited: number;
  readonly aborted: number;
  /** Streams that did not say what they had to; empty when all is well. */
  readonly wrong: readonly string[];
}

/**
 * Runs a seeded mix of streams side by side: short and long prompts, beginnings that are shared, limits, stop strings,
 * aborts at random tokens. Each must say the script from its start, every token once, up to where it was ended.
 */
export async function runMix(
  engine: Engine,
  script: ScriptedText,
  seed: number,
): Promise<MixResult> {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const whole = [
    ...Array.from({ length: script.thoughts }, (_, i) => ` t${i}`),
    "</think>",
    ...Array.from({ length: script.words }, (_, i) => ` w${i}`),
  ];
  const counts = { streams: 0, whole: 0, stopped: 0, limited: 0, aborted: 0 };
  const wrong: string[] = [];
  const one = async (index: number): Promise<void> => {
    const length = random() < 0.2 ? 200 + below(400) : below(40);
    const shared = random() < 0.5 ? "You are a helpful assistant. ".repeat(4) : "";
    const kind = below(4);
    const cut = 1 + below(whole.length - 1);
    const stopWord = below(script.words);
    const request: GenerateRequest = {
      prompt: {
        kind: "chat",
        messages: [{ role: "user", content: shared + "x".repeat(length) + String(index) }],
      },
      sampling: { temperature: 0 },
      ...(kind === 1 ? { maxTokens: cut } : {}),
      ...(kind === 2 ? { stop: [` w${stopWord} `, ` w${stopWord}<`, ` w${stopWord}`] } : {}),
    };
    const abort = new AbortController();
    let tokens = 0;
    const told = await read(engine.generate(request, abort.signal), (event) => {
      if (kind === 3 && event.type === "token" && ++tokens === cut) abort.abort();
    });
    counts.streams++;
    const expected = expectedText(whole, script, kind, cut, stopWord);
    if (kind === 3) {
      counts.aborted++;
      // What was told before the abort is a beginning of the script.
      const given = whole.slice(0, cut).join("");
      if (told.error !== "aborted" || told.text !== given) wrong.push(describe(seed, index, told));
      return;
    }
    if (told.text !== expected || told.error !== null) wrong.push(describe(seed, index, told));
    else if (kind === 1) counts.limited++;
    else if (kind === 2) counts.stopped++;
    else counts.whole++;
  };
  const streams = 2 + below(6);
  await Promise.all(Array.from({ length: streams }, (_, index) => one(index)));
  return { ...counts, wrong };
}

interface Told {
  readonly text: string;
  readonly error: string | null;
}

async function read(
  stream: AsyncIterable<GenerateEvent>,
  onEvent: (event: GenerateEvent) => void,
): Promise<Told> {
  let text = "";
  try {
    for await (const event of stream) {
      if (event.type === "token") text += event.text;
      onEvent(event);
    }
    return { text, error: null };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { text, error: code };
  }
}

function expectedText(
  whole: readonly string[],
  script: ScriptedText,
  kind: number,
  cut: number,
  stopWord: number,
): string {
  if (kind === 1) return whole.slice(0, cut).join("");
  const text = whole.join("");
  if (kind !== 2) return text;
  // ` w1` also begins ` w10`: the first place where any of the stop strings is complete.
  const first = whole.findIndex(
    (word, index) => index > script.thoughts && word.startsWith(` w${stopWord}`),
  );
  return whole.slice(0, first).join("");
}

function describe(seed: number, index: number, told: Told): string {
  return `seed ${seed} stream ${index}: ${told.error ?? "ended"} after ${JSON.stringify(told.text.slice(-60))}`;
}
