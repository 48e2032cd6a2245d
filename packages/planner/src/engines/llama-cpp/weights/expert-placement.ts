import type { LlamaCppSettings } from "../llama-cpp-settings.ts";

/** llama.cpp v0.5.0 common/common.h, LLM_FFN_EXPS_REGEX. */
const EXPERTS = /^blk\.(\d+)\.ffn_(up|down|gate|gate_up)_(ch|)exps/;

/** Which tensors of offloaded blocks stay on the CPU (`--cpu-moe`, `--n-cpu-moe`; common/arg.cpp). */
export function keepsOnCpu(settings: LlamaCppSettings): (tensor: string) => boolean {
  const { expertsOnCpu = false, expertBlocksOnCpu = 0 } = settings;
  if (!expertsOnCpu && expertBlocksOnCpu === 0) return () => false;
  return (tensor) => {
    const block = EXPERTS.exec(tensor)?.[1];
    return block !== undefined && (expertsOnCpu || Number(block) < expertBlocksOnCpu);
  };
}
