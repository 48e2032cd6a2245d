import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { collect } from "../testing/collect.ts";
import { SCRIPTED_SETTINGS } from "../testing/loaded-scripted.ts";
import { developmentBinding } from "../testing/native-binding.ts";
import { writeSmallHybrid } from "../testing/small-hybrid.ts";
import { createChildEngine } from "./child-engine.ts";
import type { ChildEngine } from "./child-engine.ts";

interface Said {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly cachedTokens: number;
}

async function ask(engine: Engine, tokens: readonly number[]): Promise<Said> {
  const { tokenIds, events, end } = await collect(
    engine.generate({
      prompt: { kind: "tokens", tokens },
      maxTokens: 6,
      ignoreEnd: true,
      logprobs: 1,
      sampling: { temperature: 0 },
    }),
  );
  const logprobs = events.flatMap((event) =>
    event.type === "token" ? (event.logprobs ?? []).map(({ logprob }) => logprob) : [],
  );
  return { tokens: tokenIds, logprobs, cachedTokens: end.usage.cachedTokens };
}

const numbers = (count: number, step: number): number[] =>
  Array.from({ length: count }, (_, index) => 300 + ((index * step) % 500));

/** A recurrent state cannot be wound back: a prefix that is not the whole cache must be read again, never guessed. */
describe("a model with recurrent layers", () => {
  let folder = "";
  const engines: ChildEngine[] = [];
  const open = async (): Promise<ChildEngine> => {
    const engine = await createChildEngine({
      modelPath: join(folder, "hybrid.gguf"),
      settings: { ...SCRIPTED_SETTINGS, sequences: 2 },
      bindingFolder: developmentBinding(),
      engineVersion: "3.22.1",
      replan: () => null,
    });
    engines.push(engine);
    await engine.whenReady();
    return engine;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hybrid-"));
    await writeSmallHybrid(join(folder, "hybrid.gguf"));
  });
  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
    await rm(folder, { recursive: true });
  });

  test("says after a reused, a cut and a copied prefix what it says fresh", async () => {
    const used = await open();
    const first = numbers(200, 37);
    const began = await ask(used, first);
    const prompts = {
      "goes on": [...first, ...began.tokens, 301, 302, 303],
      "turns off in the middle": [...first.slice(0, 120), ...numbers(60, 11)],
      "the first again": first,
      "begins alike": [...first.slice(0, 199), 700, 701],
    };
    const cached: Record<string, number> = {};
    for (const [name, prompt] of Object.entries(prompts)) {
      // One after the other: each meets what the ones before left in the caches.
      // oxlint-disable-next-line no-await-in-loop
      const [said, fresh] = [await ask(used, prompt), await ask(await open(), prompt)];
      expect([fresh.cachedTokens, said.logprobs.length]).toEqual([0, 6]);
      expect([name, said.tokens]).toEqual([name, fresh.tokens]);
      for (const [index, logprob] of said.logprobs.entries()) {
        // Batches of other sizes round otherwise; another state would be off by whole units.
        expect(Math.abs(logprob - (fresh.logprobs[index] ?? Number.NaN))).toBeLessThan(0.05);
      }
      cached[name] = said.cachedTokens;
    }
    // The state at the very end of a cache can be gone on with.
    expect(cached["goes on"]).toBe(first.length + began.tokens.length - 1);
  });
});
