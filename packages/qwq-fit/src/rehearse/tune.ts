import {
  type EngineSettings,
  rehearse,
  type RehearsalResult,
  type RehearseOptions,
} from "@qwq-fit/engine";
import type { HardwareProfile, Workload } from "@qwq-fit/schema";

/** Ms that one answer of the workload takes at a rehearsal's speed. */
export function answerMs(speed: RehearsalResult, workload: Workload): number {
  const output = workload.reasoningTokens + workload.answerTokens;
  const depth = workload.promptTokens + output / 2;
  const tokenMs = speed.decodeMsPerToken + speed.decodeMsPerCachedToken * depth;
  return (workload.promptTokens * 1000) / speed.prefillTokensPerSecond + output * tokenMs;
}

/** The values but its own. */
const others = <T>(values: readonly T[], own: T): T[] =>
  [...new Set(values)].filter((value) => value !== own);

/** node-llama-cpp's own choice: a thread a core, a batch of 512, no flash attention where the cache does not ask for it. */
export function engineDefault(
  settings: EngineSettings,
  hardware: HardwareProfile,
): Partial<EngineSettings> {
  return {
    threads: hardware.cpu.physicalCores,
    batchTokens: 512,
    flashAttention: settings.kvCacheType !== "f16",
  };
}

/** Changes worth trying from these settings, one setting a group. Loading (mmap) does not show in a cut file. */
export function changesFrom(
  settings: EngineSettings,
  hardware: HardwareProfile,
): readonly (readonly Partial<EngineSettings>[])[] {
  const { physicalCores, usableCores } = hardware.cpu;
  const threads = [1, Math.ceil(physicalCores / 2), physicalCores, usableCores].filter(
    (count) => count <= usableCores,
  );
  // Quantized keys and values need flash attention: the engine refuses the pair without it.
  const attention =
    settings.kvCacheType === "f16" ? others([true, false], settings.flashAttention) : [];
  return [
    // What the engine would choose itself is always among what is tried: nothing slower is kept.
    [engineDefault(settings, hardware)],
    others(threads, settings.threads).map((count) => ({ threads: count })),
    attention.map((flashAttention) => ({ flashAttention })),
    others([128, 512, 1024], settings.batchTokens).map((batchTokens) => ({ batchTokens })),
  ];
}

/** No rehearsal is begun that would end later than this. */
const LIMIT_MS = 10 * 60_000;

/**
 * The best settings found by measuring, one setting after the other, and their rehearsal; what was not reached within ten
 * minutes is left as it is.
 */
export async function tune(
  { limitMs = LIMIT_MS, ...options }: RehearseOptions & { readonly limitMs?: number },
  hardware: HardwareProfile,
  workload: Workload,
  onTried: (settings: EngineSettings, result: RehearsalResult, best: boolean) => void,
): Promise<{ readonly settings: EngineSettings; readonly result: RehearsalResult }> {
  const startedMs = performance.now();
  let settings = options.settings;
  let result = await rehearse(options);
  let longestMs = result.elapsedMs;
  onTried(settings, result, true);
  for (const group of changesFrom(settings, hardware)) {
    for (const change of group) {
      if (performance.now() - startedMs + longestMs > limitMs) return { settings, result };
      const tried = { ...settings, ...change };
      // One after the other: each needs the machine for itself.
      // oxlint-disable-next-line no-await-in-loop
      const got = await rehearse({ ...options, settings: tried });
      longestMs = Math.max(longestMs, got.elapsedMs);
      const best = answerMs(got, workload) < answerMs(result, workload);
      onTried(tried, got, best);
      if (best) {
        settings = tried;
        result = got;
      }
    }
  }
  return { settings, result };
}
