import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import { startChildScripted } from "../testing/child-scripted.ts";
import { runMix } from "../testing/random-mix.ts";
import { startServer } from "./start-server.ts";
import { createHttpEngine } from "./testing/http-engine.ts";

/** Seeds of a mix of streams each. The long run, 1,000 of them: test/engine/mixes.mjs. */
const SEEDS = 40;

test(
  `${SEEDS} mixes of streams through the real server: every token once, in order`,
  { timeout: 60_000 + SEEDS * 4000 },
  async () => {
    const { engine, model, dispose } = await startChildScripted({ queueLimit: 64 });
    const stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-mix-"));
    const server = await startServer({
      open: () => Promise.resolve(engine),
      model: QWQ,
      plan: null,
      stateDir,
    });
    try {
      const script = { thoughts: model.thought.length, words: model.answer.length };
      const client = createHttpEngine(server.baseUrl);
      const wrong: string[] = [];
      const seen = { streams: 0, whole: 0, stopped: 0, limited: 0, aborted: 0 };
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        // One mix after the other: each has up to seven streams side by side.
        const mix = await runMix(client, script, seed);
        wrong.push(...mix.wrong);
        for (const key of ["streams", "whole", "stopped", "limited", "aborted"] as const) {
          seen[key] += mix[key];
        }
      }
      expect(wrong).toEqual([]);
      // All four ways to end were there.
      expect(Math.min(seen.whole, seen.stopped, seen.limited, seen.aborted)).toBeGreaterThan(0);
      expect(seen.streams).toBe(seen.whole + seen.stopped + seen.limited + seen.aborted);
      const idle = { running: 0, queued: 0, crashes: 0 };
      await expect.poll(() => engine.state(), { timeout: 60_000 }).toMatchObject(idle);
    } finally {
      await server.stop({ graceMs: 0 });
      await dispose();
      await rm(stateDir, { recursive: true });
    }
  },
);
