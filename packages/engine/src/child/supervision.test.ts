import { fork } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { EngineSettings } from "../engine-settings.ts";
import { startChildScripted } from "../testing/child-scripted.ts";
import { killRun } from "../testing/kill-run.ts";
import { SCRIPTED_SETTINGS } from "../testing/loaded-scripted.ts";
import { isAlive } from "../testing/processes.ts";

const ask = { prompt: { kind: "text", text: "\n" }, sampling: { temperature: 0 } } as const;

describe("the engine's child", () => {
  /** The long form, 200 kills: test/engine/kills.mjs. */
  test(
    "killed at random eight times: every request ends, it comes back, nothing stays",
    {
      timeout: 240_000,
    },
    async () => {
      const { engine, model, dispose } = await startChildScripted({ queueLimit: 32 });
      let crashed = 0;
      for (let seed = 1; seed <= 8; seed++) {
        // oxlint-disable-next-line no-await-in-loop
        const result = await killRun(engine, model.text, seed);
        expect(result.wrong).toEqual([]);
        crashed += result.crashed;
      }
      expect(crashed).toBeGreaterThan(0);
      expect(engine.state()).toMatchObject({ phase: "ready", crashes: 8, generation: 9 });
      // A kill from outside says nothing against the plan.
      expect(engine.info.settings).toEqual(SCRIPTED_SETTINGS);
      const { pid } = engine;
      await dispose();
      expect(pid !== null && isAlive(pid)).toBe(false);
    },
  );

  test("dies with its parent, however that ends", async () => {
    const program = fileURLToPath(new URL("../testing/orphan-parent.ts", import.meta.url));
    const parent = fork(program, [], { stdio: ["ignore", "pipe", "inherit", "ipc"], execArgv: [] });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout?.once("data", (data: Buffer) => resolve(Number(data.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
  });

  test("is killed by the watchdog when it gives no sign of life, and comes back", async () => {
    const { engine, model, dispose } = await startChildScripted({
      watchdog: { silenceMs: 5000 },
    });
    const { pid } = engine;
    if (pid === null) throw new Error("there is no child");
    process.kill(pid, "SIGSTOP");
    const hung = engine.generate(ask)[Symbol.asyncIterator]().next();
    await expect(hung).rejects.toMatchObject({ code: "engine_crashed" });
    let text = "";
    for await (const event of engine.generate(ask)) if (event.type === "token") text += event.text;
    expect(text).toBe(model.text);
    expect(engine.state().lastFailure).toContain("no sign of life");
    await dispose();
  });
});

describe("an engine that cannot run its plan", () => {
  // llama.cpp refuses a quantized V cache without flash attention.
  const impossible: EngineSettings = {
    ...SCRIPTED_SETTINGS,
    kvCacheType: "q8_0",
    flashAttention: false,
  };

  test("steps down, remembers it, and does not try it again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "failures-"));
    const failuresPath = join(folder, "state", "failures.json");
    const asked: string[] = [];
    const replan = (failed: EngineSettings, reason: string): EngineSettings => {
      asked.push(reason);
      return { ...failed, kvCacheType: "f16" };
    };
    const options = { settings: impossible, replan, failuresPath };
    const first = await startChildScripted(options);
    expect(first.engine.info.settings?.kvCacheType).toBe("f16");
    const { modelPath } = first.engine.info;
    expect(asked).toHaveLength(1);
    expect(JSON.parse(await readFile(failuresPath, "utf8"))).toMatchObject({
      failures: [{ model: modelPath, settings: impossible }],
    });
    // The same model and plan: nothing is loaded in vain. It is another file here, so it is tried.
    const second = await startChildScripted(options);
    expect(asked).toHaveLength(2);
    await second.dispose();
    await first.engine.close();
    const { createChildEngine } = await import("./child-engine.ts");
    const { developmentBinding } = await import("../testing/native-binding.ts");
    const third = await createChildEngine({
      ...options,
      modelPath: modelPath ?? "",
      bindingFolder: developmentBinding(),
      engineVersion: "3.22.1",
    });
    await third.whenReady();
    expect(asked).toHaveLength(3);
    expect(asked[2]).toBe(asked[0]);
    expect(third.state()).toMatchObject({ generation: 1, crashes: 0, lastFailure: null });
    await third.close();
    await first.dispose();
    await rm(folder, { recursive: true });
  });

  test("fails with its reason when nothing smaller is left", async () => {
    const run = startChildScripted({ settings: impossible, replan: () => null });
    await expect(run).rejects.toMatchObject({ code: "engine_failed" });
  });

  test("a folder without an engine is told at once", async () => {
    const run = startChildScripted({ bindingFolder: "/nonexistent" });
    await expect(run).rejects.toMatchObject({ code: "engine_missing" });
  });
});
