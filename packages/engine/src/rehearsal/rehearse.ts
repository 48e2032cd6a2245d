import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSparseGguf } from "@qwq-fit/models/node";
import { type ModelEntry, QwqError } from "@qwq-fit/schema";
import { type ChildEngine, createChildEngine } from "../child/child-engine.ts";
import type { ChildEngineOptions } from "../child/child-engine-options.ts";
import type { EngineSettings } from "../engine-settings.ts";
import { type CutPlan, planCuts } from "./cuts.ts";
import { measureCut, type MeasureOptions } from "./measure-cut.ts";
import { type CutSample, type Rehearsed, solveCuts } from "./solve.ts";

/** What is told while a rehearsal runs. */
export interface RehearsalProgress {
  readonly step: "write" | "load" | "measure";
  readonly blocks: number;
  /** Steps done, of all. */
  readonly done: number;
  readonly total: number;
}

export interface RehearseOptions {
  readonly entry: ModelEntry;
  readonly quantization: string;
  /** The plan's settings; context and offload are fitted to each cut. */
  readonly settings: EngineSettings;
  readonly engine: Pick<ChildEngineOptions, "bindingFolder" | "engineVersion" | "childEntry">;
  readonly concurrency?: number;
  readonly measure?: Partial<MeasureOptions>;
  /** Where the cut files stand for the while. @default the system's folder for temporary files */
  readonly folder?: string;
  readonly onProgress?: (progress: RehearsalProgress) => void;
  readonly signal?: AbortSignal;
}

/** A rehearsal's answer, and what it rests on. */
export interface RehearsalResult extends Rehearsed {
  readonly cuts: CutPlan;
  readonly samples: readonly CutSample[];
  readonly elapsedMs: number;
  /** Bytes that the cut files took on the disk, at the most. */
  readonly diskBytes: number;
}

const DEFAULT_MEASURE: Omit<MeasureOptions, "concurrency"> = {
  promptTokens: 256,
  depthTokens: 512,
  decodeTokens: 24,
  runs: 3,
};

/**
 * Foretells a model's speed here without its weights: sparse files of its exact layout, cut to a few blocks, run through
 * the real engine in its child process with the plan's settings, and the cost of a block extended to all of them.
 * Leaves nothing behind, also when it is aborted.
 *
 * @throws QwqError `unsupported_model` (no layout), `unsupported_combination` (partly offloaded), `disk_full`,
 *   `engine_failed`, `aborted`
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const { entry, settings, signal } = options;
  const cuts = planCuts(entry);
  const offloaded = settings.offloadedLayers;
  if (offloaded > 0 && offloaded < cuts.blocks) {
    throw new QwqError(
      "unsupported_combination",
      "a model that is partly on a GPU cannot be rehearsed yet",
      {
        hint: "Rehearse it whole on the GPU or whole on the CPU: a quantization that fits, or --offloaded-layers 0.",
      },
    );
  }
  const concurrency = options.concurrency ?? settings.sequences;
  const measure: MeasureOptions = { ...DEFAULT_MEASURE, ...options.measure, concurrency };
  const startedMs = performance.now();
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), "qwq-fit-rehearsal-"));
  const total = cuts.cuts.length * 3;
  const samples: CutSample[] = [];
  let diskBytes = 0;
  let done = 0;
  try {
    for (const blocks of cuts.cuts) {
      const tell = (step: RehearsalProgress["step"]): void =>
        options.onProgress?.({ step, blocks, done: done++, total });
      // Each cut has the machine for itself.
      /* oxlint-disable no-await-in-loop */
      throwIfAborted(signal);
      tell("write");
      const file = join(folder, `cut-${blocks}.gguf`);
      await writeSparseGguf(file, entry, { quantization: options.quantization, blocks });
      // `blocks` of stat counts 512 bytes each: what the holes spare.
      diskBytes = Math.max(diskBytes, (await stat(file)).blocks * 512);
      tell("load");
      const engine = await loadCut(file, blocks, options, measure);
      try {
        tell("measure");
        samples.push(await measureCut(engine, blocks, measure, signal));
      } finally {
        await engine.close();
        await rm(file, { force: true });
      }
      /* oxlint-enable no-await-in-loop */
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return {
    ...solveCuts(cuts, samples),
    cuts,
    samples,
    elapsedMs: performance.now() - startedMs,
    diskBytes,
  };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new QwqError("aborted", "the rehearsal was aborted");
}

async function loadCut(
  modelPath: string,
  blocks: number,
  { settings, engine: child, signal }: RehearseOptions,
  measure: MeasureOptions,
): Promise<ChildEngine> {
  // Room for the deepest request; the engine pads it. A longer context would only take memory.
  const deepest = Math.max(measure.depthTokens, measure.promptTokens) + measure.decodeTokens;
  const engine = await createChildEngine({
    ...child,
    modelPath,
    settings: {
      ...settings,
      contextTokens: Math.ceil((deepest + 1) / 256) * 256,
      sequences: Math.max(settings.sequences, measure.concurrency),
      offloadedLayers: settings.offloadedLayers > 0 ? blocks + 1 : 0,
    },
    // What fails must be told, not stepped down from: another setting would be another measurement.
    replan: () => null,
  });
  const stop = (): void => void engine.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await engine.whenReady();
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
