import type { CpuProfile } from "@qwq-fit/schema";

/**
 * Threads that compute: one for each physical core that this process may use, and performance cores
 * alone where there are two kinds.
 *
 * The rule is llama.cpp's own default for its programs (llama.cpp v0.5.0 common/common.cpp,
 * common_cpu_get_num_math: a thread a physical core, efficiency cores left out), which the binding does
 * not apply, cut to `usableCores`: threads beyond the cores that a container grants wait for each other
 * at every barrier of the graph. At least 1.
 */
export function computeThreads(cpu: CpuProfile): number {
  const performance = cpu.performanceCores ?? 0;
  const fast = performance > 0 ? Math.min(performance, cpu.physicalCores) : cpu.physicalCores;
  return Math.max(1, Math.min(fast, cpu.usableCores));
}
