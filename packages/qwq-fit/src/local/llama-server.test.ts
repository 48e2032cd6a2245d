import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Engine, EngineSettings } from "@qwq-fit/engine";
import { modelFromEntry } from "@qwq-fit/models";
import { resolveHardware } from "@qwq-fit/planner";
import { GiB } from "@qwq-fit/schema";
import type { Catalog, FitPlan, HardwareProfile, ModelProfile } from "@qwq-fit/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { findModel } from "../model/find-model.ts";
import { engineSettings, openEngine } from "./open-engine.ts";
import { planLocal } from "./plan-local.ts";

/** A program that takes llama-server's flags and no others; a real one cannot be had in a test. */
const double = fileURLToPath(
  new URL("../../../engine/src/testing/llama-server-program.ts", import.meta.url),
);

describe.skipIf(process.platform === "win32")("the user's own llama-server", () => {
  let folder = "";
  let program = "";
  let modelPath = "";
  let catalog: Catalog;
  let hardware: HardwareProfile;
  let model: ModelProfile;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "llama-server-"));
    program = join(folder, "llama-server");
    writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${double}" "$@"\n`, {
      mode: 0o755,
    });
    modelPath = join(folder, "model.gguf");
    writeFileSync(modelPath, "");
    catalog = await loadCatalog({});
    // Experts on the CPU beside layers on a small GPU: the binding has no word for it.
    const resolved = resolveHardware("RTX 4060", catalog);
    if (resolved.kind !== "resolved") throw new Error(resolved.kind);
    const bytes = 64 * GiB;
    const { memory } = resolved.hardware;
    hardware = {
      ...resolved.hardware,
      memory: { ...memory, totalBytes: bytes, availableBytes: bytes, limitBytes: bytes },
      engines: [
        {
          engine: "llama-server",
          version: null,
          binaryPath: program,
          baseUrl: null,
          models: [],
        },
      ],
    };
    const profile = modelFromEntry(findModel("qwen3-30b-a3b", catalog.models), {
      quantizations: ["Q4_K_M"],
    });
    const weights = profile.weights.map((variant) => ({ ...variant, location: modelPath }));
    model = { ...profile, weights };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const open = (plan: FitPlan, changes: Partial<EngineSettings> = {}): Promise<Engine> => {
    const settings = { ...engineSettings(plan, model, []), ...changes };
    const stateDir = join(folder, "state");
    const replan = (): Promise<null> => Promise.resolve(null);
    return openEngine({ plan, settings, modelPath, binding: null, hardware, stateDir, replan });
  };

  test("is taken where the binding cannot do what the plan needs, with flags that it has", async () => {
    const plan = await planLocal(model, { hardware, catalog }, {});
    expect(plan).toMatchObject({ engine: "llama-server", expertsOnCpu: true });
    expect(plan.startCommand?.arguments).toContain("--cpu-moe");
    const engine = await open(plan);
    expect(engine.info).toMatchObject({
      engine: "llama-server",
      contextTokens: plan.contextTokens,
      slots: plan.sequences,
    });
    let text = "";
    const messages = [{ role: "user", content: "hello" }] as const;
    for await (const event of engine.generate({ prompt: { kind: "chat", messages } })) {
      if (event.type === "token") text += event.text;
    }
    expect(text).toContain(" t0 t1");
    expect(text).toContain(" w28 w29");
    await engine.close();
  });

  test("is not taken where the binding does as well", async () => {
    const small = modelFromEntry(findModel("qwen3-0.6b", catalog.models));
    expect(await planLocal(small, { hardware, catalog }, {})).toMatchObject({
      engine: "node-llama-cpp",
    });
  });

  test("gets other settings than the plan's in their place", async () => {
    const plan = await planLocal(model, { hardware, catalog }, {});
    const less = { contextTokens: 4096, sequences: 2, backend: "cpu", offloadedLayers: 0 } as const;
    const engine = await open(plan, less);
    expect(engine.info).toMatchObject({ contextTokens: 4096, slots: 2 });
    await engine.close();
  });

  test("that refuses its flags is told with its own words", async () => {
    const plan = await planLocal(model, { hardware, catalog }, {});
    const command = plan.startCommand;
    if (command === null) throw new Error("no command");
    const wrong = { ...command, arguments: [...command.arguments, "--no-such-flag"] };
    await expect(open({ ...plan, startCommand: wrong })).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("invalid argument: --no-such-flag") as string,
    });
  });
});
