import type { LlamaCppSettings } from "@qwq-fit/planner";
import type { Explanation, MemoryReport } from "@qwq-fit/schema";

type Part = Exclude<keyof MemoryReport["devices"][number], "device" | "totalBytes">;

/** Each buffer's rule, and the engine's code that it mirrors. */
const RULES: readonly { part: Part; formula: string; source: string }[] = [
  {
    part: "weightsBytes",
    formula: "Σ of the tensors placed here, each padded to the buffer's alignment",
    source: "llama.cpp v0.5.0 src/llama-model.cpp, llama_model_base::load_tensors",
  },
  {
    part: "repackedBytes",
    formula: "Σ of the tensors that the CPU keeps in its own layout",
    source: "llama.cpp v0.5.0 ggml/src/ggml-cpu/repack.cpp",
  },
  {
    part: "kvCacheBytes",
    formula: "Σ over blocks of cells × sequences × bytes of a key row and a value row",
    source: "llama.cpp v0.5.0 src/llama-kv-cache.cpp, llama_kv_cache::llama_kv_cache",
  },
  {
    part: "computeBytes",
    formula: "peak of the graph's tensors for one full batch, by the engine's own allocator",
    source: "llama.cpp v0.5.0 src/llama-context.cpp, graph_reserve; ggml/src/ggml-alloc.c",
  },
  {
    part: "outputBytes",
    formula: "sequences × vocabulary × 4",
    source: "llama.cpp v0.5.0 src/llama-context.cpp, llama_context::output_reserve",
  },
];

/** How each buffer of an estimate came about. */
export function explainMemory(report: MemoryReport, settings: LlamaCppSettings): Explanation[] {
  const inputs = {
    contextTokens: settings.contextTokens,
    sequences: settings.sequences,
    batchTokens: settings.batchTokens,
    kvCacheType: settings.kvCacheType,
    flashAttention: settings.flashAttention,
    offloadedLayers: settings.offloadedLayers,
    mmap: settings.mmap,
    threads: settings.threads,
    backend: settings.backend,
    engineVersion: settings.engineVersion,
  };
  return report.devices.flatMap((memory) =>
    RULES.filter(({ part }) => memory[part] > 0).map(({ part, formula, source }) => ({
      quantity: `${part} of ${memory.device}`,
      formula,
      inputs: { [part]: memory[part], ...inputs },
      source,
    })),
  );
}
