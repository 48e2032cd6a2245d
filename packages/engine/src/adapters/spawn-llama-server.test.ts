import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine.ts";
import { engineConformance } from "../engine.case.ts";
import { collect } from "../testing/collect.ts";
import { SCRIPTED_SETTINGS } from "../testing/loaded-scripted.ts";
import { isAlive } from "../testing/processes.ts";
import { spawnLlamaServer } from "./spawn-llama-server.ts";
import type { LlamaServerPlan } from "./spawn-llama-server.ts";

const program = fileURLToPath(new URL("../testing/llama-server-program.ts", import.meta.url));

function planOf(...more: string[]): LlamaServerPlan {
  return {
    settings: SCRIPTED_SETTINGS,
    command: {
      program: process.execPath,
      arguments: [program, "--host", "0.0.0.0", "--port", "1", ...more],
      environment: {},
    },
  };
}

engineConformance("llama-server, spawned", async () => {
  const engine = await spawnLlamaServer({ plan: planOf() });
  return { engine, thoughts: 20, words: 30, dispose: () => engine.close() };
});

const prompt = { kind: "chat", messages: [{ role: "user", content: "x" }] } as const;

/** The double says its process id to who asks for the properties. */
async function pidOf(engine: Engine): Promise<number> {
  const pid = Number(/pid (\d+)/u.exec(engine.info.version ?? "")?.[1]);
  expect(isAlive(pid)).toBe(true);
  return await Promise.resolve(pid);
}

describe("a spawned llama-server", () => {
  test("that is killed ends its requests, and comes back", async () => {
    const engine = await spawnLlamaServer({ plan: planOf() });
    const pid = await pidOf(engine);
    let tokens = 0;
    const run = collect(engine.generate({ prompt }), (event) => {
      if (event.type === "token" && ++tokens === 3) process.kill(pid, "SIGKILL");
    });
    await expect(run).rejects.toMatchObject({ code: "engine_crashed" });
    await expect.poll(() => engine.state().phase, { timeout: 60_000 }).toBe("ready");
    const again = await collect(engine.generate({ prompt, maxTokens: 2 }));
    expect(again.text).toBe(" t0 t1");
    expect(engine.state()).toMatchObject({ crashes: 1, generation: 2 });
    const second = await pidOf(engine);
    await engine.close();
    await expect.poll(() => isAlive(second), { timeout: 60_000 }).toBe(false);
  });

  test("that cannot load is planned anew, and told where nothing is left", async () => {
    const reasons: string[] = [];
    const engine = await spawnLlamaServer({
      plan: planOf("--fail"),
      replan: (_, reason) => {
        reasons.push(reason);
        return Promise.resolve(planOf());
      },
    });
    expect(reasons).toEqual([expect.stringContaining("out of memory")]);
    await engine.close();
    const failing = spawnLlamaServer({ plan: planOf("--fail") });
    await expect(failing).rejects.toMatchObject({ code: "engine_failed" });
  });

  test("what failed on this machine is remembered, and not tried again at the next start", async () => {
    const folder = await mkdtemp(join(tmpdir(), "failures-"));
    const remember = {
      path: join(folder, "failures.json"),
      model: "model.gguf",
      modelBytes: 1,
      engineVersion: "b1",
    };
    const smaller = { ...SCRIPTED_SETTINGS, contextTokens: 512 };
    const reasons: string[] = [];
    const replan = (_: LlamaServerPlan, reason: string): Promise<LlamaServerPlan> => {
      reasons.push(reason);
      return Promise.resolve({ ...planOf(), settings: smaller });
    };
    const first = await spawnLlamaServer({ plan: planOf("--fail"), replan, remember });
    await first.close();
    // The same settings, and a program that would run: what is remembered counts.
    const second = await spawnLlamaServer({ plan: planOf(), replan, remember });
    expect(second.info.settings).toEqual(smaller);
    expect(reasons).toEqual([expect.stringContaining("out of memory"), reasons[0]]);
    await second.close();
    await rm(folder, { recursive: true });
  });

  test("dies with us, however we end", async () => {
    const parent = fork(
      fileURLToPath(new URL("../testing/orphan-server.ts", import.meta.url)),
      [],
      {
        stdio: ["ignore", "pipe", "inherit", "ipc"],
        execArgv: [],
      },
    );
    const pid = await new Promise<number>((resolve) => {
      parent.stdout?.once("data", (data: Buffer) => resolve(Number(data.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
  });
});
