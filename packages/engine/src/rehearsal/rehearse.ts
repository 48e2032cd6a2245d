import { mkdtemp, rm } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import type { ChildEngine } from "../child/child-engine.ts";
import { type CutPlan, planCuts } from "./cuts.ts";
import { type CutFill, type CutSource, type CutToLoad, loadCut, writeCut } from "./load-cut.ts";
import { type LoadedCut, measureCuts, type MeasureOptions } from "./measure-cut.ts";
import { type CutSample, median, type Rehearsed, solveCuts } from "./solve.ts";

/** What is told while a rehearsal runs. */
export interface RehearsalProgress {
  readonly step: "write" | "load" | "measure";
  readonly blocks: number;
  /** Steps done, of all. */
  readonly done: number;
  readonly total: number;
}

export interface RehearseOptions extends CutSource {
  readonly concurrency?: number;
  readonly measure?: Partial<MeasureOptions>;
  /** Memory for the cuts' weights. @default seven tenths of what is free */
  readonly roomBytes?: number;
  /** Where the cut files stand for the while. @default the system's folder for temporary files */
  readonly folder?: string;
  readonly onProgress?: (progress: RehearsalProgress) => void;
}

/** A rehearsal's answer, and what it rests on. */
export interface RehearsalResult extends Rehearsed {
  readonly cuts: CutPlan;
  readonly samples: readonly CutSample[];
  /** Random only on a GPU that computes zeros at another speed. */
  readonly fill: CutFill;
  readonly elapsedMs: number;
  /** Bytes that the cut files took on the disk. */
  readonly diskBytes: number;
}

const DEFAULT_MEASURE: Omit<MeasureOptions, "concurrency"> = {
  promptTokens: 256,
  depthTokens: 1024,
  decodeTokens: 14,
  runs: 3,
  budgetMs: 32_000,
};
const ROOM_SHARE = 0.7;
/** Zeros and random weights that differ by no more are the same speed. */
const FILL_TOLERANCE = 0.03;

/** What to load: two cuts on one side; where both sides work, a third, so that each side's cost is solved. */
function cutsToLoad(plan: CutPlan, offloaded: number, fill: CutFill): readonly CutToLoad[] {
  const [small = plan.blocks, large = small] = plan.cuts;
  const cut = (blocks: number, offloadedBlocks: number): CutToLoad => ({
    blocks,
    chosen: plan.choose(blocks),
    offloadedBlocks,
    fill,
    share: blocks / plan.blocks,
  });
  if (offloaded <= 0) return plan.cuts.map((blocks) => cut(blocks, 0));
  if (offloaded >= plan.blocks) return plan.cuts.map((blocks) => cut(blocks, blocks));
  const period = plan.period;
  const each = Math.max(period, Math.floor(small / period) * period);
  const more = Math.max(period, Math.floor((large - small) / period) * period);
  return [
    cut(plan.leading + 2 * each, each),
    cut(plan.leading + 2 * each + more, each),
    cut(plan.leading + 2 * each + more, each + more),
  ].filter(({ blocks }) => blocks <= plan.blocks);
}

/**
 * Foretells a model's speed here without its weights: sparse files of its exact layout, cut to a few blocks, run through
 * the real engine in its child process with the plan's settings, and the cost of a block extended to all of them.
 * Leaves nothing behind, also when it is aborted.
 *
 * @throws QwqError `unsupported_model` (no layout), `does_not_fit`, `disk_full`, `engine_failed`, `aborted`
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const startedMs = performance.now();
  const { entry, quantization, settings } = options;
  const roomBytes = options.roomBytes ?? freeBytes() * ROOM_SHARE;
  const plan = planCuts(entry, quantization, { roomBytes });
  const concurrency = options.concurrency ?? settings.sequences;
  const measure: MeasureOptions = { ...DEFAULT_MEASURE, ...options.measure, concurrency };
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), "qwq-fit-rehearsal-"));
  try {
    const stage = new Stage(options, measure, folder);
    // llama.cpp v0.5.0 src/llama-model.cpp, load_tensors: the head is the first of the layers that are offloaded.
    const offloaded = Math.max(0, settings.offloadedLayers - 1);
    const fill = settings.offloadedLayers > 0 ? await fillFor(stage, plan, offloaded) : "zeros";
    const toLoad = cutsToLoad(plan, offloaded, fill);
    stage.total = stage.done + 2 * toLoad.length + 1;
    const samples = await stage.measure(toLoad);
    return {
      ...solveCuts(plan, samples, offloaded),
      cuts: plan,
      samples,
      fill,
      elapsedMs: performance.now() - startedMs,
      diskBytes: stage.diskBytes,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function freeBytes(): number {
  // Of Node 20.13 and later; without it, what the kernel could free is not counted.
  return typeof process.availableMemory === "function" ? process.availableMemory() : freemem();
}

/** Random weights where this GPU is faster or slower on zeros, measured on one period of blocks. */
async function fillFor(stage: Stage, plan: CutPlan, offloaded: number): Promise<CutFill> {
  const blocks = plan.leading + plan.period;
  const offloadedBlocks = Math.min(blocks, offloaded);
  const chosen = plan.choose(blocks);
  const cut = { blocks, chosen, offloadedBlocks, share: blocks / plan.blocks };
  stage.total = 5;
  try {
    const [zeros, random] = await stage.measure(
      [
        { ...cut, fill: "zeros" },
        { ...cut, fill: "random" },
      ],
      { promptTokens: 8, depthTokens: 8, budgetMs: 0 },
    );
    const ratio = median(random?.roundsMs ?? []) / median(zeros?.roundsMs ?? []);
    return Math.abs(ratio - 1) > FILL_TOLERANCE ? "random" : "zeros";
  } catch (error) {
    // No room for weights that are not holes, or a type that cannot be made up.
    if (QwqError.is(error, "disk_full") || QwqError.is(error, "unsupported_combination"))
      return "zeros";
    throw error;
  }
}

/** Loads cuts together, measures them in turns and closes them. */
class Stage {
  total = 0;
  done = 0;
  diskBytes = 0;
  readonly #options: RehearseOptions;
  readonly #measure: MeasureOptions;
  readonly #folder: string;

  constructor(options: RehearseOptions, measure: MeasureOptions, folder: string) {
    this.#options = options;
    this.#measure = measure;
    this.#folder = folder;
  }

  #tell(step: RehearsalProgress["step"], blocks: number): void {
    this.#options.onProgress?.({ step, blocks, done: this.done++, total: this.total });
  }

  async measure(
    cuts: readonly CutToLoad[],
    changes: Partial<MeasureOptions> = {},
  ): Promise<readonly CutSample[]> {
    const { signal } = this.#options;
    const measure = { ...this.#measure, ...changes };
    const files: string[] = [];
    const disk = new Map<string, number>();
    for (const cut of cuts) {
      this.#tell("write", cut.blocks);
      // One disk, one writer.
      // oxlint-disable-next-line no-await-in-loop
      const { path, diskBytes } = await writeCut(this.#options, cut, this.#folder);
      files.push(path);
      disk.set(path, diskBytes);
    }
    this.diskBytes = Math.max(
      this.diskBytes,
      [...disk.values()].reduce((all, bytes) => all + bytes, 0),
    );
    const loaded: (LoadedCut & { readonly engine: ChildEngine })[] = [];
    const closeAll = async (): Promise<void> => {
      await Promise.all(loaded.filter(Boolean).map(({ engine }) => engine.close()));
    };
    const stop = (): void => void closeAll();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const load = async (cut: CutToLoad, i: number): Promise<void> => {
        this.#tell("load", cut.blocks);
        loaded[i] = await loadCut(this.#options, cut, files[i] ?? "", measure);
      };
      // Pages that a system hands out first may be slower than later ones (by a tenth on a virtual machine). A cut that is
      // the whole has the whole's pages when it is loaded first; cuts that are extended need pages alike: side by side.
      const first = cuts.findIndex(({ share }) => share === 1);
      const whole = cuts[first];
      if (whole !== undefined) await load(whole, first);
      const others = cuts.map(async (cut, i) => {
        if (i !== first) await load(cut, i);
      });
      // All settled first: one that fails must not leave another loading.
      const failed = (await Promise.allSettled(others)).find(
        (result) => result.status === "rejected",
      );
      if (failed !== undefined) throw failed.reason;
      this.#tell("measure", cuts.at(-1)?.blocks ?? 0);
      return await measureCuts(loaded, measure, signal);
    } finally {
      signal?.removeEventListener("abort", stop);
      await closeAll();
      await Promise.all(files.map((file) => rm(file, { force: true })));
    }
  }
}
