import { stat } from "node:fs/promises";
import { join } from "node:path";
import { writeSparseGguf } from "@qwq-fit/models/node";
import { type ModelEntry, QwqError } from "@qwq-fit/schema";
import { type ChildEngine, createChildEngine } from "../child/child-engine.ts";
import { type ChildEngineOptions, DEFAULT_ALONE_CHUNK_MS } from "../child/child-engine-options.ts";
import type { EngineSettings } from "../engine-settings.ts";
import type { LoadedCut, MeasureOptions } from "./measure-cut.ts";

/** What the weights of a cut hold. */
export type CutFill = "zeros" | "random";

/** A cut to load: how many blocks, and how many of them on a GPU. */
export interface CutToLoad {
  readonly blocks: number;
  /** Which of the whole model's. */
  readonly chosen: readonly number[];
  readonly offloadedBlocks: number;
  readonly fill: CutFill;
  /** Share of the whole model's bytes that this cut has. */
  readonly share: number;
}

/** What loading a cut takes beside the cut. */
export interface CutSource {
  readonly entry: ModelEntry;
  readonly quantization: string;
  /** The plan's settings; context and offload are fitted to each cut. */
  readonly settings: EngineSettings;
  readonly engine: Pick<ChildEngineOptions, "bindingFolder" | "engineVersion" | "childEntry">;
  readonly signal?: AbortSignal;
}

/** Writes a cut once for each number of blocks and fill; answers its path and what it took on the disk. */
export async function writeCut(
  { entry, quantization }: CutSource,
  { blocks, chosen, fill }: CutToLoad,
  folder: string,
): Promise<{ readonly path: string; readonly diskBytes: number }> {
  const path = join(folder, `cut-${blocks}-${fill}.gguf`);
  const { allocatedBytes } = await stat(path)
    .then((found) => ({ allocatedBytes: found.blocks * 512 }))
    .catch(() => writeSparseGguf(path, entry, { quantization, blocks: chosen, fill }));
  return { path, diskBytes: allocatedBytes };
}

/** Loads a cut in an engine process of its own. The caller closes it. */
export async function loadCut(
  source: CutSource,
  cut: CutToLoad,
  modelPath: string,
  measure: MeasureOptions,
): Promise<LoadedCut & { readonly engine: ChildEngine }> {
  const { settings, engine: child, signal } = source;
  if (signal?.aborted === true) throw new QwqError("aborted", "the rehearsal was aborted");
  // Room for the deepest request; the engine pads it. A longer context would only take memory.
  const deepest = Math.max(measure.depthTokens, measure.promptTokens) + measure.decodeTokens;
  const engine = await createChildEngine({
    ...child,
    modelPath,
    // Scaled, so that chunks of a prompt have as many tokens as the whole model's.
    aloneChunkMs: DEFAULT_ALONE_CHUNK_MS * cut.share,
    settings: {
      ...settings,
      contextTokens: Math.ceil((deepest + 1) / 256) * 256,
      sequences: Math.max(settings.sequences, measure.concurrency),
      // The engine puts the head on a GPU first, then blocks from the last one.
      offloadedLayers: settings.offloadedLayers > 0 ? cut.offloadedBlocks + 1 : 0,
    },
    // What fails must be told, not stepped down from: another setting would be another measurement.
    replan: () => null,
  });
  const stop = (): void => void engine.close();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await engine.whenReady();
    return { blocks: cut.blocks, offloadedBlocks: cut.offloadedBlocks, engine };
  } catch (error) {
    await engine.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
