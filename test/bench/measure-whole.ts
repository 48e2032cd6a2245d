import { type EngineSettings, createChildEngine } from "@qwq-fit/engine";
import type { MeasureOptions } from "../../packages/engine/src/rehearsal/measure-cut.ts";
import { measureCuts } from "../../packages/engine/src/rehearsal/measure-cut.ts";
import type { CutSample } from "../../packages/engine/src/rehearsal/solve.ts";
import { developmentBinding } from "../../packages/engine/src/testing/native-binding.ts";

/** The engine that this repository develops with. */
export const ENGINE: { readonly bindingFolder: string; readonly engineVersion: string } = {
  bindingFolder: developmentBinding(),
  engineVersion: "3.22.1",
};

/** Settings of the CPU, as a plan for a machine like this has them. */
export const settingsWith = (threads: number): EngineSettings => ({
  backend: "cpu",
  contextTokens: 1024,
  sequences: 1,
  batchTokens: 512,
  threads,
  mmap: false,
  kvCacheType: "f16",
  flashAttention: true,
  offloadedLayers: 0,
  expertsOnCpu: false,
  repack: true,
  loras: [],
  yarn: null,
});

/** A whole file's speed, measured exactly as a rehearsal measures its cuts. */
export async function measureWhole(
  modelPath: string,
  blocks: number,
  settings: EngineSettings,
  options: Pick<MeasureOptions, "promptTokens" | "decodeTokens" | "runs">,
): Promise<CutSample> {
  const engine = await createChildEngine({
    ...ENGINE,
    modelPath,
    settings,
    watchdog: { silenceMs: 600_000, batchMs: 600_000 },
    replan: () => null,
  });
  try {
    await engine.whenReady();
    const measure = { ...options, depthTokens: options.promptTokens, concurrency: 1 };
    const [sample] = await measureCuts([{ blocks, offloadedBlocks: 0, engine }], {
      ...measure,
      // Prompts are read a few times where that takes seconds, and once where it takes a minute.
      budgetMs: 20_000,
    });
    if (sample === undefined) throw new Error("nothing was measured");
    return sample;
  } finally {
    await engine.close();
  }
}
